import { BACKENDS } from "./backends.ts";
import { contextsMemoryContract } from "./contexts_contract.ts";
import { storeContracts } from "./store_contracts.ts";

for (const backend of BACKENDS) storeContracts(backend);
const [quickest] = BACKENDS;
if (quickest !== undefined) contextsMemoryContract(quickest);
