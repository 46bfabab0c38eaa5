// How a Node platform (Node-RED, n8n) asks Plugwarden which plugins may run. Node 18 and newer, no packages.
//
//   import { Admission } from "./admission.mjs";
//   const admission = new Admission(process.env.PLUGWARDEN_URL, process.env.PLUGWARDEN_TOKEN);
//   if (!(await admission.mayRun("/data/nodes/n8n-nodes-weather-desk-1.2.0.tgz"))) throw new Error("not admitted");
//   setInterval(() => admission.heed((recall) => unload(recall.plugin)).catch(console.error), 60_000);
//
// Whatever goes wrong, the answer is no: mayRun never throws and never says yes without the portal's word.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pathToFileURL } from "node:url";

const TIMEOUT = 5_000;

export async function sha256(path) {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part);
  return hash.digest("hex");
}

export class Admission {
  #known = new Map(); // digest → { answer, etag, until }

  constructor(url, token) {
    this.base = `${url.replace(/\/$/, "")}/api/v1/admission`;
    this.headers = { Authorization: `Bearer ${token}` };
  }

  async mayRun(path) {
    try {
      const answer = await this.ask(await sha256(path));
      return answer.allowed === true && Date.parse(answer.notAfter) > Date.now();
    } catch (problem) {
      console.error(`not admitted: ${problem.message}`);
      return false;
    }
  }

  // The portal's answer about a digest, asked again when its time is over; by its ETag, so that it is sent only if it changed.
  async ask(digest) {
    const known = this.#known.get(digest);
    if (known && known.until > Date.now()) return known.answer;
    const headers = known ? { ...this.headers, "If-None-Match": known.etag } : this.headers;
    const response = await this.#fetch(`${this.base}?sha256=${digest}`, { headers });
    const answer = response.status === 304 ? known.answer : await this.#json(response);
    if (answer.sha256 !== digest) throw new Error("the answer is about another file");
    const seconds = Number(/max-age=(\d+)/.exec(response.headers.get("Cache-Control") ?? "")?.[1] ?? 0);
    this.#known.set(digest, { answer, etag: response.headers.get("ETag"), until: Date.now() + seconds * 1000 });
    return answer;
  }

  // Stops what was suspended or revoked, one after the other, and acknowledges only what has been stopped. Where stopping
  // one fails, the others are stopped all the same; what failed is thrown at the end, and is open again the next time.
  async heed(stop) {
    const { open } = await this.#json(await this.#fetch(`${this.base}/acknowledgements`, { headers: this.headers }));
    const serials = [], problems = [];
    for (const recall of open) {
      this.#known.delete(recall.sha256);
      try {
        await stop(recall);
        serials.push(recall.serial);
      } catch (problem) {
        problems.push(new Error(`${recall.serial} was not stopped`, { cause: problem }));
      }
    }
    let acknowledged = [];
    try {
      if (serials.length) acknowledged = await this.#acknowledge(serials);
    } catch (problem) {
      problems.push(new Error(`${serials.join(", ")}: stopped and not acknowledged`, { cause: problem }));
    }
    if (problems.length) throw new AggregateError(problems, problems.map((problem) => problem.message).join("; "));
    return acknowledged;
  }

  async #acknowledge(serials) {
    const headers = { ...this.headers, "Content-Type": "application/json" };
    const body = JSON.stringify({ serials });
    return (await this.#json(await this.#fetch(`${this.base}/acknowledgements`, { method: "POST", headers, body }))).acknowledged;
  }

  #fetch(url, options) {
    return fetch(url, { ...options, redirect: "error", signal: AbortSignal.timeout(TIMEOUT) });
  }

  async #json(response) {
    const document = await response.json();
    if (!response.ok) throw new Error(`${document.code}: ${document.detail}`);
    return document;
  }
}

// From a shell: node admission.mjs FILE … names each file and whether it may run; exit code 1 where one may not.
if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const admission = new Admission(process.env.PLUGWARDEN_URL, process.env.PLUGWARDEN_TOKEN);
  for (const path of process.argv.slice(2)) {
    const allowed = await admission.mayRun(path);
    console.log(`${path}: ${allowed ? "may run" : "may not run"}`);
    if (!allowed) process.exitCode = 1;
  }
}
