/** The folder of everything that development keeps. */
export const DEVELOPMENT_FOLDER = ".data";
