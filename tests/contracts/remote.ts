/**
 * `deno task test:remote`: every contract of the stores on the server that `DATABASE_TEST_URL` names, with
 * `DATABASE_TEST_AUTH_TOKEN` where it wants one. Its database must be empty, and is empty again afterwards.
 */
import { givenServer } from "./given_server.ts";
import { storeContracts } from "./store_contracts.ts";

const url = Deno.env.get("DATABASE_TEST_URL");
if (url === undefined || !/^(?:https?|libsql):\/\//.test(url)) {
  throw new Error(
    "DATABASE_TEST_URL must be the address of a libSQL server with an empty database, such as http://localhost:8080",
  );
}

storeContracts(givenServer({ url, authToken: Deno.env.get("DATABASE_TEST_AUTH_TOKEN") }));
