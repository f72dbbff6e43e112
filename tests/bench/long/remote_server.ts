/** Serves the database `remote.db` of its folder over HTTP, as a process of its own. */
import { createHrana } from "../../support/hrana.ts";

const { url } = createHrana("remote.db").serve();
console.log(JSON.stringify({ event: "listening", port: Number(new URL(url).port) }));
