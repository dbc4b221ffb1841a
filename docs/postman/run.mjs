// Starts the sandbox, runs the Postman collection with newman, then lets packages from the registry
// meet it unchanged: a generic Messenger client writes to a member, and a webhook that the sandbox
// sends is judged by a package for its signatures. Ends with status 0 or 1.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { checkWebhooks } from "./hooks.mjs";

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

function runCollection({ graph, web }) {
  return new Promise((resolve, reject) => {
    newman.run(
      {
        collection: new URL("workplace.postman_collection.json", import.meta.url).pathname,
        envVar: [{ key: "graph", value: graph }, { key: "web", value: web }],
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

const sandbox = await startSandbox();
let failures = 1;
try {
  failures = await runCollection(sandbox);
  failures += await meetGenericPackages(sandbox);
  console.log(failures ? `${failures} failed` : "The collection, the generic client and the webhook's signatures went through.");
} finally {
  sandbox.child.kill("SIGTERM");
  await once(sandbox.child, "exit");
}
process.exitCode = failures ? 1 : 0;
