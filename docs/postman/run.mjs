// Starts the sandbox, runs the Postman collection with newman, then lets packages from the registry
// meet it unchanged: a generic Messenger client writes to a member, and a webhook that the sandbox
// sends is judged by a package for its signatures. The connector API has a collection of its own, run
// against the service itself, and so does what packages sign for its doors. Ends with status 0 or 1.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { checkWebhooks } from "./hooks.mjs";
import { checkSigners, publishKeys } from "./signers.mjs";

const require = createRequire(import.meta.url);
const newman = require("newman");
const { MessengerClient } = require("messaging-api-messenger");
const root = new URL("../../", import.meta.url).pathname;

async function startSandbox() {
  const python = process.env.PYTHON || `${root}.venv/bin/python`;
  const child = spawn(python, ["-m", "sandbox"], {
    cwd: root,
    env: { ...process.env, SANDBOX_GRAPH_PORT: "0", SANDBOX_WEB_PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(child.stdout), "line");
  const [, graph, web] = line.match(/graph=(\S+) web=(\S+)/);
  return { child, graph, web };
}

async function startService(settings) {
  const python = process.env.PYTHON || `${root}.venv/bin/python`;
  const program = ["-m", "tests.connector_service"];
  const env = { ...process.env, ...settings };
  const child = spawn(python, program, { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(child.stdout), "line");
  const [, service, event_secret, connector_key] = line.match(/service=(\S+) secret=(\S+) key=(\S+)/);
  return { child, service, event_secret, connector_key };
}

function runCollection(name, values) {
  return new Promise((resolve, reject) => {
    newman.run(
      {
        collection: new URL(`${name}.postman_collection.json`, import.meta.url).pathname,
        envVar: Object.entries(values).map(([key, value]) => ({ key, value })),
        reporters: ["cli"],
      },
      (error, summary) => (error ? reject(error) : resolve(summary.run.failures.length)),
    );
  });
}

async function control(web, method, path, body) {
  const answer = await fetch(`${web}/control/workplace/${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function meetGenericPackages({ graph, web }) {
  const community = (await control(web, "POST", "communities", { name: "Generic" })).id;
  const person = { name: "Taro Example", email: "taro@example.com" };
  const member = await control(web, "POST", `communities/${community}/members`, person);
  const bot = await control(web, "POST", `communities/${community}/integrations`, { name: "Bot" });
  const client = new MessengerClient({
    accessToken: bot.access_token,
    appSecret: bot.app_secret,
    appId: bot.app_id,
    version: "6.0",
    origin: graph,
  });
  const { data } = await control(web, "GET", `communities/${community}/members`);
  await client.sendText(data[0].app_scoped_ids[bot.page_id], "Hello from a generic client");
  const chat = await control(web, "GET", `messages?member=${member.id}`);
  const texts = chat.data.map((message) => message.text);
  const arrived = texts.length === 1 && texts[0] === "Hello from a generic client";
  const ask = (...call) => control(web, ...call);
  return (arrived ? 0 : 1) + (await checkWebhooks(ask, member.id, bot));
}

async function stop({ child }) {
  child.kill("SIGTERM");
  await once(child, "exit");
}

const keys = await publishKeys();
const [sandbox, service] = await Promise.all([startSandbox(), startService(keys.settings)]);
let failures = 1;
try {
  const { graph, web } = sandbox;
  const { child: _child, ...values } = service;
  failures = await runCollection("workplace", { graph, web });
  failures += await runCollection("connector", values);
  failures += await checkSigners(service, keys);
  failures += await meetGenericPackages(sandbox);
  console.log(failures ? `${failures} failed` : "The collections, the generic client and all signatures went through.");
} finally {
  await Promise.all([stop(sandbox), stop(service)]);
  keys.server.close();
  keys.server.closeAllConnections();
}
process.exitCode = failures ? 1 : 0;
