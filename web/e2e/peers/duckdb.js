import * as duckdb from "@duckdb/duckdb-wasm";

const db = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), new Worker("duckdb-browser-eh.worker.js"));
await db.instantiate("duckdb-eh.wasm");
const connection = await db.connect();
await connection.query("SELECT 1");
document.documentElement.dataset.state = "ready";
