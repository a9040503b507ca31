// Runs the GraphQL-over-HTTP audits of graphql-http against HUB_URL with HUB_TOKEN; one JSON object on stdout.
import { serverAudits } from "graphql-http";

const authorization = `Bearer ${process.env.HUB_TOKEN}`;
const audits = serverAudits({
  url: process.env.HUB_URL,
  fetchFn: (url, init) => fetch(url, { ...init, headers: { ...init?.headers, authorization } }),
});
const results = [];
for (const audit of audits) {
  const result = await audit.fn();
  results.push({ id: audit.id, name: audit.name, status: result.status, reason: result.reason });
}
process.stdout.write(JSON.stringify(results));
