import { BACKENDS } from "./backends.ts";
import { contextsMemoryContract } from "./contexts_contract.ts";
import { allContracts } from "./contracts.ts";

for (const backend of BACKENDS) allContracts(backend);
const [quickest] = BACKENDS;
if (quickest !== undefined) contextsMemoryContract(quickest);
