// Composes the subgraphs of a folder into one supergraph, as a gateway would; prints the fields of the supergraph.
import { readFileSync, readdirSync } from "node:fs";
import { composeServices } from "@theguild/federation-composition";
import { buildSchema, parse } from "graphql";

const folder = process.env.SCHEMA_FOLDER;
const services = readdirSync(folder)
  .filter((file) => file.endsWith(".subgraph.graphql"))
  .map((file) => ({ name: file.split(".")[0], typeDefs: parse(readFileSync(`${folder}/${file}`, "utf8")) }));
const composed = composeServices(services);
if (composed.errors?.length) {
  console.error(composed.errors.map((error) => error.message).join("\n"));
  process.exit(1);
}
const schema = buildSchema(composed.supergraphSdl, { assumeValid: true, assumeValidSDL: true });
const fields = Object.values(schema.getTypeMap())
  .filter((type) => type.astNode?.kind === "ObjectTypeDefinition")
  .flatMap((type) => Object.keys(type.getFields()).map((name) => `${type.name}.${name}`));
console.log(JSON.stringify(fields));
