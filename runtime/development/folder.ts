/** The folder, in the working directory, of everything that development keeps: secrets, database, files. */
export const DEVELOPMENT_FOLDER = ".data";
