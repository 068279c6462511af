import { PGlite } from "@electric-sql/pglite";

const db = new PGlite();
await db.query("SELECT 1");
document.documentElement.dataset.state = "ready";
