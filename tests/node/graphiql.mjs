// Opens GraphiQL in Chromium, gives it a token, runs the first query; one JSON object on stdout.
// HUB_SCREENSHOT: a file for what a person sees.
import { chromium } from "playwright-core";

const browser = await chromium.launch({
  executablePath: process.env.HUB_CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 1400, height: 800 } });
const page = await context.newPage();
const problems = [];
const elsewhere = [];
page.on("console", (message) => { if (["error", "warning"].includes(message.type())) problems.push(message.text()); });
page.on("pageerror", (error) => problems.push(String(error)));
page.on("request", (request) => { if (!request.url().startsWith(process.env.HUB_URL) && !request.url().startsWith("data:")) elsewhere.push(request.url()); });

await page.goto(`${process.env.HUB_URL}/graphql`);
await page.waitForSelector(".graphiql-container");
await page.waitForFunction(() => document.getElementById("state").textContent !== "");
const before = await page.textContent("#state");
problems.length = 0; // the refused introspection is logged by the browser itself
await page.fill("#token", process.env.HUB_TOKEN);
await page.click("#bar button");
await page.waitForSelector(".graphiql-execute-button");
await page.click(".graphiql-execute-button");
await page.waitForFunction(() => document.querySelector(".result-window")?.textContent.includes("hiddenFields"));
const result = await page.textContent(".result-window");
await page.click("button[aria-label='Show Documentation Explorer']");
await page.waitForSelector(".graphiql-doc-explorer");
await page.waitForFunction(() => document.querySelector(".graphiql-doc-explorer").textContent.includes("Query"));
const stored = await page.evaluate(() => JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }));
if (process.env.HUB_SCREENSHOT) await page.screenshot({ path: process.env.HUB_SCREENSHOT });
await browser.close();
process.stdout.write(JSON.stringify({ before, result, problems, elsewhere, stored }));
