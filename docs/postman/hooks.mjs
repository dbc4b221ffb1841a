// What the sandbox sends as webhooks, judged by a package that knows nothing of it: both of its
// signatures over the bytes that arrived, with text outside ASCII in them.
import { once } from "node:events";
import { createServer } from "node:http";
import XHubSignature from "x-hub-signature";

const VERIFY_TOKEN = "a verify token";

async function receiver() {
  const posts = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method === "POST") posts.push({ headers: request.headers, body: Buffer.concat(chunks) });
    const asked = new URL(request.url, "http://localhost").searchParams;
    const isOurs = asked.get("hub.verify_token") === VERIFY_TOKEN;
    response.writeHead(request.method === "POST" || isOurs ? 200 : 403);
    response.end(asked.get("hub.challenge") || "");
    server.emit("posted");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, posts, url: `http://127.0.0.1:${server.address().port}/` };
}

function isGood({ headers, body }, secret) {
  const judged = (name, algorithm, with_secret) =>
    new XHubSignature(algorithm, with_secret).verify(headers[name], body);
  return (
    judged("x-hub-signature", "sha1", secret) &&
    judged("x-hub-signature-256", "sha256", secret) &&
    !judged("x-hub-signature-256", "sha256", `${secret}x`)
  );
}

// Returns 0 when a member's message arrived with good signatures, else 1.
export async function checkWebhooks(control, member, bot) {
  const { server, posts, url } = await receiver();
  try {
    const hook = { callback_url: url, verify_token: VERIFY_TOKEN, fields: ["messages"] };
    await control("POST", `installs/${bot.page_id}/webhooks`, hook);
    await control("POST", "chat", { member, page: bot.page_id, text: "会議室Bで" });
    while (!posts.length) await once(server, "posted", { signal: AbortSignal.timeout(10_000) });
    return isGood(posts[0], bot.app_secret) ? 0 : 1;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
