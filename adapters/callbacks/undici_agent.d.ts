/** The type of `undici/lib/dispatcher/agent.js`, which is the class itself. */
export { Agent as default } from "undici";
