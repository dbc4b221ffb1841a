// What a program in another language signs is let in by the service's doors: an event signed by the
// reference library of Standard Webhooks, launch tokens of a JOSE library under keys it published
// itself, and an uninstall in both forms of signature. What somebody else signed is not.
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { SignJWT, exportJWK, generateKeyPair } from "jose";
import { Webhook } from "standardwebhooks";

const ISSUER = "https://office.example";
const APP_SECRET = "a secret of the app";
const ALGORITHMS = ["RS256", "EdDSA"];
const FORM = "application/x-www-form-urlencoded";
const seconds = () => Math.floor(Date.now() / 1000);

// Publishes a key set on a free port; returns the keys, and what the service has to know of them.
export async function publishKeys() {
  const pairs = await Promise.all(ALGORITHMS.map((algorithm) => generateKeyPair(algorithm)));
  const keys = await Promise.all(
    pairs.map(async ({ publicKey }, at) => ({ ...(await exportJWK(publicKey)), kid: ALGORITHMS[at] })),
  );
  const server = createServer((_request, response) => response.end(JSON.stringify({ keys })));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const settings = {
    OVICE_ISSUER: ISSUER,
    OVICE_LAUNCH_JWKS_URL: `http://127.0.0.1:${server.address().port}/`,
    WORKPLACE_APP_ID: "1",
    WORKPLACE_APP_SECRET: APP_SECRET,
  };
  const privateKeys = Object.fromEntries(pairs.map(({ privateKey }, at) => [ALGORITHMS[at], privateKey]));
  return { server, settings, privateKeys };
}

async function post(url, body, headers) {
  return (await fetch(url, { method: "POST", body, headers, redirect: "manual" })).status;
}

function sendEvent(service, secret) {
  const now = new Date();
  const data = { organization: { id: "4821" }, note: '接続 <a href="x">é&/😀</a>' };
  const body = JSON.stringify({ type: "connector.ping", timestamp: now.toISOString(), data });
  const id = `evt_${randomUUID()}`;
  const headers = {
    "Content-Type": "application/json; charset=utf-8",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, now, body),
  };
  return post(`${service}/v1/ovice/events`, body, headers);
}

async function launch(service, algorithm, key) {
  const member = { org: "4821", role: "member", purpose: "link", name: "太郎", locale: "ja" };
  const email = { email: "taro@example.com", email_verified: true };
  const token = await new SignJWT({ ...member, ...email })
    .setProtectedHeader({ alg: algorithm, kid: algorithm, typ: "JWT" })
    .setIssuer(ISSUER)
    .setAudience("http://127.0.0.1:8000")
    .setSubject("member-1")
    .setJti(randomUUID())
    .setIssuedAt()
    .setNotBefore(seconds())
    .setExpirationTime("1m")
    .sign(key);
  return post(`${service}/launch`, new URLSearchParams({ token }).toString(), { "Content-Type": FORM });
}

function uninstall(service, secret, encoded) {
  const told = { algorithm: "HMAC-SHA256", issued_at: seconds(), community_id: "1000000001" };
  const payload = Buffer.from(JSON.stringify(told)).toString("base64url");
  const digest = createHmac("sha256", secret).update(payload).digest();
  const body = new URLSearchParams({ signed_request: `${encoded(digest)}.${payload}` });
  return post(`${service}/workplace/deauthorize`, body.toString(), { "Content-Type": FORM });
}

// Returns how many of them were answered in another way than they should be.
export async function checkSigners({ service, event_secret }, { privateKeys }) {
  const ofHex = (digest) => Buffer.from(digest.toString("hex")).toString("base64url");
  const ofBytes = (digest) => digest.toString("base64url");
  const stranger = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
  const answers = [
    ["an event", 204, await sendEvent(service, event_secret)],
    ["a stranger's event", 401, await sendEvent(service, stranger)],
    ["an uninstall, Workplace's form", 200, await uninstall(service, APP_SECRET, ofHex)],
    ["an uninstall, the consumer form", 200, await uninstall(service, APP_SECRET, ofBytes)],
    ["a stranger's uninstall", 400, await uninstall(service, "another", ofHex)],
  ];
  for (const algorithm of ALGORITHMS)
    answers.push([`a launch, ${algorithm}`, 303, await launch(service, algorithm, privateKeys[algorithm])]);
  const wrong = answers.filter(([, wanted, status]) => status !== wanted);
  for (const [what, wanted, status] of wrong) console.log(`${what}: ${status}, not ${wanted}`);
  return wrong.length;
}
