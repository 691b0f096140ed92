// Opens pages of plimsoll in a real browser, from disk, and holds them to what they promise.
//
//   node check.mjs MODULES OUT PAGE...
//
// MODULES: the node_modules folder that holds playwright-core and axe-core; OUT: where
// screenshots go. Each failed check is a line on stderr; the exit code is 1 then.
import { createRequire } from "node:module";
import { mkdir, readFile, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, out, ...pages] = process.argv.slice(2);
const require = createRequire(join(resolve(modules), "of-plimsoll.js"));
const { chromium } = require("playwright-core");
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

// How long a page takes to open depends on the machine and the browser; what the page itself
// contributes does not: its elements, and the part of the time that its script takes.
const MOST_NODES = 160_000;
const MOST_OF_SCRIPT = 0.5;
// Screenshots are for people: with PLIMSOLL_SHOTS set, whole pages in each width and theme.
const SHOTS = process.env.PLIMSOLL_SHOTS !== undefined;
// Colours do not depend on the width, so each width is looked at in one theme.
const LOOKS = [[360, "light"], [800, "dark"], [1440, "light"]];
const ALL_LOOKS = [360, 800, 1440].flatMap((width) => ["light", "dark"].map((theme) => [width, theme]));
// Pages that are about several runs have no variants to fold and no data to download.
const WITHOUT_VARIANTS = ["comparison", "history"];

let failures = 0;
const fail = (page, what) => {
  failures += 1;
  console.error(`${page}: ${what}`);
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
});

/** A tab that listens for all that must not happen. */
const open = async (name, url, settings) => {
  const context = await browser.newContext({ acceptDownloads: true, ...settings });
  const page = await context.newPage();
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) fail(name, `console: ${message.text()}`);
  });
  page.on("pageerror", (error) => fail(name, `script: ${error.message}`));
  page.on("dialog", (dialog) => {
    fail(name, `a dialog opened: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const asked = request.url().split("#")[0];
    if (asked !== url && !asked.startsWith("blob:")) fail(name, `a request went out: ${asked.slice(0, 200)}`);
  });
  await page.goto(url, { waitUntil: "load" });
  return { context, page };
};

const equal = (name, what, seen, wanted) => {
  const [left, right] = [seen, wanted].map((value) => JSON.stringify(value));
  if (left !== right) fail(name, `${what}: ${left} instead of ${right}`);
};

/** A table with the most values to sort by: its id, and the column's number. */
const sortable = () => {
  const found = Array.from(document.querySelectorAll("table[data-filtered]"), (table) => {
    const rows = Array.from(table.tBodies[0].rows);
    const columns = Array.from(table.tHead.rows[0].cells, (_, at) => {
      const values = rows.map((row) => row.cells[at].dataset.value);
      return { id: table.id, column: at, values: new Set(values).size, rows: rows.length };
    });
    return columns.reduce((best, one) => (one.values > best.values ? one : best));
  });
  return found.reduce((best, one) => (one.values > best.values ? one : best));
};

const checkSorting = async (name, page) => {
  const { id, column, rows } = await page.evaluate(sortable);
  if (rows < 2) return;
  const read = () => page.evaluate(([table, at]) => {
    const body = Array.from(document.getElementById(table).tBodies[0].rows);
    return body.map((row) => {
      const value = row.cells[at].dataset.value;
      return value === undefined ? null : Number(value);
    });
  }, [id, column]);
  const head = page.locator(`#${id} thead th`).nth(column);
  const before = await read();
  const numbers = before.filter((value) => value !== null);
  const absent = before.filter((value) => value === null);
  const up = [...numbers].sort((a, b) => a - b);
  const steps = [
    ["ascending", [...up, ...absent]],
    ["descending", [...up.reverse(), ...absent]],
    [null, before],
  ];
  for (const [order, wanted] of steps) {
    await head.locator("button").press("Enter");
    equal(name, `rows sorted ${order}`, await read(), wanted);
    equal(name, "aria-sort", await head.getAttribute("aria-sort"), order);
  }
  if (!(await page.locator("#live").textContent()).includes("order of the report")) {
    fail(name, "sorting is not announced");
  }
};

const checkFilter = async (name, page) => {
  const rows = "table[data-filtered] tbody tr";
  const all = await page.locator(rows).count();
  const first = await page.locator(`${rows} th`).first().textContent();
  const word = first.trim().split(/\s/)[0];
  await page.keyboard.press("/");
  await page.keyboard.type(word.toUpperCase());
  const shown = await page.locator(`${rows}:not([hidden])`).allTextContents();
  if (shown.length === 0 || shown.some((text) => !text.toLowerCase().includes(word.toLowerCase()))) {
    fail(name, `the filter \`${word}\` shows ${shown.length} rows, some without it`);
  }
  const wanted = `${shown.length} of ${all} rows`;
  equal(name, "the count next to the filter", await page.locator("#count").textContent(), wanted);
  await page.waitForFunction((text) => document.getElementById("live").textContent === `${text} match.`, wanted);
  await page.fill("#filter", "no row has these words");
  equal(name, "rows that fit nothing", await page.locator(`${rows}:not([hidden])`).count(), 0);
  await page.fill("#filter", "");
  equal(name, "rows without a filter", await page.locator(`${rows}:not([hidden])`).count(), all);
};

const checkFolding = async (name, page) => {
  const link = page.locator("tbody th a[href^='#']").first();
  const anchor = (await link.getAttribute("href")).slice(1);
  const folded = page.locator(`[id="${anchor}"]`);
  equal(name, "a variant begins folded", await folded.getAttribute("open"), null);
  await page.fill("#filter", "no row has these words");
  await page.evaluate((id) => { location.hash = id; }, anchor);
  await page.waitForFunction((id) => document.getElementById(id).open, anchor);
  equal(name, "a link clears the filter", await page.inputValue("#filter"), "");
  equal(name, "focus goes with the link", await page.evaluate(() => document.activeElement.tagName), "SUMMARY");
  await page.keyboard.press("Enter");
  equal(name, "Enter folds it", await folded.getAttribute("open"), null);
  await page.keyboard.press("Enter");
  const broken = await page.evaluate(() => Array.from(document.querySelectorAll("a[href^='#']"))
    .filter((a) => !document.getElementById(a.getAttribute("href").slice(1)))
    .map((a) => a.getAttribute("href")));
  equal(name, "links that lead nowhere", broken, []);
  await page.locator("details.contents > summary").press("Enter");
  await page.keyboard.press("Escape");
  equal(name, "Escape closes the contents", await page.locator("details.contents").getAttribute("open"), null);
};

const checkTheme = async (name, page) => {
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const seen = {};
  for (const theme of ["light", "dark", "system"]) {
    await page.locator("#theme").press("Enter");
    equal(name, "the button's words", await page.locator("#theme").textContent(), `Theme: ${theme}`);
    seen[theme] = await ground();
  }
  if (seen.light === seen.dark) fail(name, "light and dark have one ground");
  equal(name, "the system's theme", seen.system, seen.light);
};

const checkDownload = async (name, page) => {
  const waiting = page.waitForEvent("download");
  await page.locator("a[data-unpacked='run.json']").first().press("Enter");
  const download = await waiting;
  equal(name, "the download's name", download.suggestedFilename(), "run.json");
  const record = JSON.parse(await readFile(await download.path(), "utf8"));
  // The time at its beginning: a planted id has control characters, which the page shows.
  const shown = await page.locator("main").innerText();
  if (!shown.includes(record.id.slice(0, 15))) fail(name, "the download is of another run");
  if (record.samples.length === 0) fail(name, "the download holds no samples");
};

const checkAccess = async (name, page, where) => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const found of violations) {
    const places = found.nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ");
    const line = `axe at ${where}: ${found.impact} ${found.id} (${found.nodes.length}): ${found.help}: ${places}`;
    if (["serious", "critical"].includes(found.impact)) fail(name, line);
    else console.log(`${name}: ${line}`);
  }
};

const unfold = (page, most) => page.evaluate((number) => {
  for (const one of Array.from(document.querySelectorAll("details.case")).slice(0, number)) one.open = true;
}, most);

const checkWithoutScript = async (name, url) => {
  const { context, page } = await open(name, url, { javaScriptEnabled: false });
  equal(name, "tools without a script", await page.locator(".tools").isVisible(), false);
  equal(name, "a table without a script", await page.locator("main table").first().isVisible(), true);
  equal(name, "dead buttons without a script", await page.locator("main button").count(), 0);
  const folded = page.locator("details.case").first();
  await folded.locator("> summary").click();
  equal(name, "it unfolds without a script", await folded.locator("dl").first().isVisible(), true);
  const waiting = page.waitForEvent("download");
  await page.locator("a[data-unpacked='run.json']").first().click();
  equal(name, "the packed download", (await waiting).suggestedFilename(), "run.json.gz");
  await context.close();
};

const look = async (name, url, width, theme) => {
  const { context, page } = await open(name, url, { viewport: { width, height: 900 }, colorScheme: theme });
  // All of it at once, as nobody sees it: what is off the screen is not laid out otherwise.
  await page.evaluate(() => document.styleSheets[0]
    .insertRule(".sheet, .chart, .case { content-visibility: visible !important }", 0));
  await unfold(page, 1);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (wide > 0) fail(name, `${wide} pixels too wide at ${width}`);
  await checkAccess(name, page, `${width} ${theme}`);
  if (!SHOTS) return void await context.close();
  const path = (part) => join(out, `${name}-${width}-${theme}${part}.png`);
  await page.screenshot({ path: path("-top") });
  await page.screenshot({ path: path(""), fullPage: true });
  await context.close();
};

const opening = async (url) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Performance.enable");
  await page.goto(url, { waitUntil: "load" });
  const took = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd);
  const { metrics } = await session.send("Performance.getMetrics");
  await context.close();
  const of = (wanted) => metrics.find((one) => one.name === wanted).value;
  return { took, nodes: of("Nodes"), script: of("ScriptDuration") / of("TaskDuration") };
};

await mkdir(out, { recursive: true });
for (const file of pages) {
  const name = basename(file, ".html");
  const url = pathToFileURL(resolve(file)).href;
  const { took, nodes, script } = await opening(url);
  console.log(`${name}: opened in ${took.toFixed(0)} ms, ${nodes} nodes, ${(100 * script).toFixed(0)} % of it script`);
  if (nodes > MOST_NODES) fail(name, `${nodes} nodes, more than ${MOST_NODES}`);
  if (script > MOST_OF_SCRIPT) fail(name, `${(100 * script).toFixed(0)} % of the time to open is its script`);
  const { context, page } = await open(name, url, { viewport: { width: 1280, height: 900 }, colorScheme: "light" });
  equal(name, "what planted scripts did", await page.evaluate(() => window.planted ?? null), null);
  await checkSorting(name, page);
  await checkFilter(name, page);
  if (!WITHOUT_VARIANTS.includes(name)) await checkFolding(name, page);
  await checkTheme(name, page);
  if (!WITHOUT_VARIANTS.includes(name)) await checkDownload(name, page);
  await page.emulateMedia({ media: "print" });
  await page.pdf({ path: join(out, `${name}.pdf`), format: "A4" });
  await context.close();
  if (!WITHOUT_VARIANTS.includes(name)) await checkWithoutScript(name, url);
  // A page of thousands of rows looks as one of ten does, and takes minutes to be looked at.
  if ((await stat(file)).size > 2e6) continue;
  for (const [width, theme] of SHOTS ? ALL_LOOKS : LOOKS) await look(name, url, width, theme);
}
await browser.close();
console.log(`${pages.length} pages, ${failures} failed checks`);
process.exitCode = failures === 0 ? 0 : 1;
