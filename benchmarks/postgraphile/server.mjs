// PostGraphile over the database of DATABASE_URL, as the role of the API and for USER_ID.
import { createServer } from "node:http";

import { grafserv } from "postgraphile/grafserv/node";
import { makePgService } from "postgraphile/adaptors/pg";
import { postgraphile } from "postgraphile";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { PostGraphileConnectionFilterPreset as Filters } from "postgraphile-plugin-connection-filter";

const { DATABASE_URL, USER_ID, PORT } = process.env;
const preset = {
  extends: [PostGraphileAmberPreset, Filters],
  pgServices: [
    makePgService({
      connectionString: DATABASE_URL,
      schemas: ["public"],
      poolConfig: { max: 10, application_name: "postgraphile" },
    }),
  ],
  grafserv: { graphiql: false, watch: false },
  grafast: {
    context: () => ({ pgSettings: { role: "amc_api", "app.user_id": USER_ID } }),
  },
};

const server = createServer();
const instance = postgraphile(preset).createServ(grafserv);
await instance.addTo(server);
server.listen(Number(PORT), "127.0.0.1", () => console.log("listening"));
