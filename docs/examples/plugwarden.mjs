// Load a plugin in Node only after its certificate was verified. Node's own modules, no packages, no network.
//
// The steps are those of docs/certificate-format.md, in their order; whatever is missing, unknown or altered refuses.
// `python -m certification.verify` is the reference; the project's tests hold this file against it, step by step.
//
//   import { loadPlugin } from './plugwarden.mjs';
//   const plugin = await loadPlugin({ artifact, bundle, trustRoot }, (bytes) => unpackAndImport(bytes));
//
// Or, to look: node plugwarden.mjs TRUST_ROOT ARTIFACT BUNDLE   (exit code 0 valid, 1 not valid, 2 unusable)

import { createHash, createPublicKey, verify as verifySignature } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const LIMIT = 4 * 1024 * 1024;
const BUNDLE = 'plugwarden.bundle/v2';
const STATUS_LIST = 'plugwarden.status-list/v1';
const STATEMENT_TYPE = 'application/vnd.in-toto+json';
const ROOT_TYPE = 'application/vnd.plugwarden.trust-root+json';
const LIST_TYPE = 'application/vnd.plugwarden.status-list+json';
const EXTENSION = 'https://plugwarden.org/attestations/certificate/v1';
const TIERS = ['low', 'moderate', 'high', 'critical'];
const LEVEL = 'PLUGWARDEN_CERTIFIED_';

/** The certificate does not hold. `step` is the first step that failed; `unusable` if there was nothing to read. */
export class Refused extends Error {
  constructor(step, message, code = step) {
    super(message);
    Object.assign(this, { step, code });
  }
}

class Problem extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

const need = (holds, message, code) => {
  if (!holds) throw new Problem(message, code);
};

/** Run a check; a problem in it becomes the refusal at this step. */
function take(step, check) {
  try {
    return check();
  } catch (error) {
    if (error instanceof Refused) throw error;
    if (error instanceof Problem) throw new Refused(step, error.message, error.code);
    throw new Refused(step, `it cannot be read (${error.name})`);
  }
}

// --- reading: one form only, a closed set of members ---

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const hex = (bytes) => bytes.toString('hex');

function parse(bytes) {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  const value = JSON.parse(text);
  const bare = text.replace(/"(?:[^"\\]|\\.)*"/g, '""');
  for (const number of bare.match(/-?[0-9][0-9.eE+-]*/g) ?? []) {
    need(/^-?[0-9]{1,17}$/.test(number), 'it holds a number that is not whole, or too large');
  }
  return value;
}

function canonical(value) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    need(Number.isSafeInteger(value), 'a number is too large');
    return String(value);
  }
  if (typeof value === 'string') {
    need(value.isWellFormed(), 'a text is not Unicode');
    // JSON.stringify has the shortest escapes.
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.keys(value).sort().map((name) => {
    need(/^[\x00-\x7f]*$/.test(name), "a member's name is not ASCII");
    return `${JSON.stringify(name)}:${canonical(value[name])}`;
  });
  return `{${members.join(',')}}`;
}

function requireCanonical(bytes, value) {
  need(Buffer.from(canonical(value)).equals(bytes), 'it is not in canonical form');
  return value;
}

const parseCanonical = (bytes) => requireCanonical(bytes, parse(bytes));

function object(value, what) {
  need(typeof value === 'object' && value !== null && !Array.isArray(value), `${what} is not an object`);
  return value;
}

function closed(value, names, what) {
  const found = Object.keys(object(value, what)).sort();
  need(JSON.stringify(found) === JSON.stringify([...names].sort()), `${what} has other members than it must have`);
  return value;
}

const member = (parent, name) => (Object.hasOwn(parent, name) ? parent[name] : undefined);

function text(parent, name) {
  const value = member(parent, name);
  need(typeof value === 'string' && value !== '', `${name} is missing, empty or not text`);
  return value;
}

function list(parent, name) {
  const value = member(parent, name);
  need(Array.isArray(value), `${name} is missing or not a list`);
  return value;
}

function texts(parent, name) {
  const values = list(parent, name);
  need(values.every((value) => typeof value === 'string' && value !== ''), `${name} holds something that is not text`);
  return values;
}

function count(parent, name) {
  const value = member(parent, name);
  need(Number.isSafeInteger(value) && value >= 0, `${name} is missing or not a whole number`);
  return value;
}

function flag(parent, name) {
  const value = member(parent, name);
  need(typeof value === 'boolean', `${name} is missing or neither true nor false`);
  return value;
}

function oneOf(parent, name, allowed) {
  const value = text(parent, name);
  need(allowed.includes(value), `${name} is "${value}", not one of ${allowed.join(', ')}`);
  return value;
}

function digest(parent, name) {
  const value = text(parent, name);
  need(/^[0-9a-f]{64}$/.test(value), `${name} is not a SHA-256 in lower-case hexadecimal`);
  return value;
}

/** A time, in milliseconds. */
function moment(parent, name) {
  const value = text(parent, name);
  need(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/.test(value), `${name} is not a time`);
  const found = new Date(value);
  const exists = !Number.isNaN(found.getTime()) && found.toISOString() === value.replace('Z', '.000Z');
  need(exists && !value.startsWith('0000'), `${name} is not a time that exists`);
  return found.getTime();
}

function base64(value, what) {
  const bytes = Buffer.from(value, 'base64');
  need(bytes.toString('base64') === value, `${what} is not canonical base64`);
  return bytes;
}

// --- signatures ---

function holds(publicKey, signature, message) {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  try {
    const key = createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') },
      format: 'jwk',
    });
    return verifySignature(null, message, key, signature);
  } catch {
    return false;
  }
}

/** A DSSE envelope: its payload is decoded once, and what is verified is what gets parsed. */
function readEnvelope(value, type, what) {
  const members = closed(value, ['payload', 'payloadType', 'signatures'], what);
  need(text(members, 'payloadType') === type, `${what} is of another type`);
  const payload = base64(text(members, 'payload'), `the payload of ${what}`);
  const listed = list(members, 'signatures');
  need(listed.length >= 1 && listed.length <= 16, `${what} has ${listed.length} signatures`);
  const signatures = new Map();
  for (const entry of listed) {
    const keyid = digest(closed(entry, ['keyid', 'sig'], `a signature of ${what}`), 'keyid');
    need(!signatures.has(keyid), `${what} has two signatures of one key`);
    signatures.set(keyid, base64(text(entry, 'sig'), `a signature of ${what}`));
  }
  return { payload, type, signatures };
}

function checkSignatures(envelope, keys, what) {
  const head = `DSSEv1 ${Buffer.byteLength(envelope.type)} ${envelope.type} ${envelope.payload.length} `;
  const message = Buffer.concat([Buffer.from(head), envelope.payload]);
  for (const [keyid, signature] of envelope.signatures) {
    need(keys.has(keyid), `${what} is signed by a key that the trust root does not know (${keyid})`, 'unknown-key');
    need(holds(keys.get(keyid), signature, message), `the signature of ${what} does not fit its content`);
  }
}

// --- the trust root ---

function publicKeyOf(entry) {
  oneOf(entry, 'algorithm', ['ed25519']);
  const bytes = base64(text(entry, 'public'), 'a public key');
  need(bytes.length === 32, 'a public key has the wrong length');
  need(digest(entry, 'keyid') === hex(sha256(bytes)), 'a keyid is not the SHA-256 of its public key');
  return bytes;
}

function rootKeys(members, name) {
  const keys = new Map();
  need(list(members, name).length <= 16, `${name} lists too many keys`);
  for (const entry of members[name]) {
    const bytes = publicKeyOf(closed(entry, ['keyid', 'algorithm', 'public'], 'a root key'));
    need(!keys.has(entry.keyid), 'the trust root names a root key twice');
    keys.set(entry.keyid, bytes);
  }
  return keys;
}

function readRoot(envelope) {
  const names = ['version', 'issued', 'expires', 'environment', 'verifierId', 'logOrigin', 'rootKeys', 'threshold',
    'formerRootKeys', 'keys'];
  const members = closed(parseCanonical(envelope.payload), names, 'the trust root');
  const root = {
    document: members,
    current: rootKeys(members, 'rootKeys'),
    former: rootKeys(members, 'formerRootKeys'),
    version: count(members, 'version'),
    issued: moment(members, 'issued'),
    expires: moment(members, 'expires'),
    environment: oneOf(members, 'environment', ['production', 'demo']),
    verifierId: text(members, 'verifierId'),
    logOrigin: text(members, 'logOrigin'),
    threshold: count(members, 'threshold'),
    keys: new Map(),
  };
  const keyNames = ['keyid', 'algorithm', 'public', 'role', 'validFrom', 'validTo', 'status', 'logCutoff'];
  for (const entry of list(members, 'keys')) {
    const bytes = publicKeyOf(closed(entry, keyNames, 'a key of the trust root'));
    const taken = [root.keys, root.current, root.former].some((keys) => keys.has(entry.keyid));
    need(!taken, 'the trust root names a key twice');
    const status = oneOf(entry, 'status', ['active', 'retired', 'compromised']);
    need(status === 'compromised' || entry.logCutoff === null, 'a key that is not compromised has a logCutoff');
    const key = {
      bytes,
      role: oneOf(entry, 'role', ['certifier', 'log', 'status', 'feed']),
      validFrom: moment(entry, 'validFrom'),
      validTo: moment(entry, 'validTo'),
      cutoff: status === 'compromised' ? count(entry, 'logCutoff') : Infinity,
    };
    need(key.validFrom < key.validTo, 'a key of the trust root ends before it begins');
    root.keys.set(entry.keyid, key);
  }
  need(root.version >= 1 && root.threshold >= 1 && root.threshold <= root.current.size, 'a number is out of range');
  need(![...root.former.keys()].some((keyid) => root.current.has(keyid)), 'the trust root names a root key twice');
  need(/^[!-*,-~]+$/.test(root.logOrigin), 'logOrigin is no name that a log can have');
  need(root.issued < root.expires, 'the trust root ends before it begins');
  return root;
}

const signers = (envelope, keys) => [...envelope.signatures.keys()].filter((keyid) => keys.has(keyid)).length;

function readSignedRoot(bytes, document) {
  const envelope = readEnvelope(requireCanonical(bytes, document), ROOT_TYPE, 'the trust root');
  const root = readRoot(envelope);
  checkSignatures(envelope, new Map([...root.former, ...root.current]), 'the trust root');
  need(signers(envelope, root.current) >= root.threshold, 'the trust root lacks signatures of its root keys');
  return { envelope, root };
}

function checkRootTime(root, at) {
  need(at >= root.issued, 'the trust root is not valid yet');
  need(at < root.expires, 'the trust root expired');
  return root;
}

/** The trust root that counts: the bundle's where it is newer and enough of the anchor's root keys signed it. */
function follow(anchor, other, at) {
  const { envelope, root } = readSignedRoot(Buffer.from(canonical(other)), other);
  for (const name of ['environment', 'verifierId', 'logOrigin']) {
    need(anchor[name] === root[name], `the bundle's trust root is of another ${name}`);
  }
  if (root.version === anchor.version) {
    need(canonical(root.document) === canonical(anchor.document), 'there are two trust roots of one version');
  }
  if (root.version <= anchor.version) return checkRootTime(anchor, at);
  need(signers(envelope, anchor.current) >= anchor.threshold, 'the newer trust root lacks signatures of the old');
  return checkRootTime(root, at);
}

// --- the log ---

function readProof(source) {
  const [head, ...rest] = source.split('\n\n');
  const note = rest.join('\n\n');
  const [version, first = '', ...path] = head.split('\n');
  need(version === 'c2sp.org/tlog-proof@v1' && rest.length > 0, 'the proof is none');
  const index = decimal(/^index (.*)$/.exec(first)?.[1] ?? '');
  need(path.length <= 63, 'the proof has more hashes than any tree is deep');
  need(!/[\x00-\x09\x0b-\x1f]/.test(note), 'the checkpoint holds control characters');
  const split = note.lastIndexOf('\n\n');
  need(split > 0 && note.endsWith('\n'), 'the checkpoint is no signed note');
  const body = note.slice(0, split + 1);
  const lines = body.slice(0, -1).split('\n');
  need(lines.length === 3 && lines.every((line) => line !== ''), 'the checkpoint is not origin, size and root');
  const signed = note.slice(split + 2, -1).split('\n');
  need(signed.length <= 100, 'the checkpoint has too many signatures');
  return {
    index,
    path: path.map(treeHash),
    body,
    origin: lines[0],
    size: decimal(lines[1]),
    root: treeHash(lines[2]),
    signatures: signed.map((line) => {
      const [, name, encoded] = /^— ([^\s+]+) (.*)$/u.exec(line) ?? need(false, 'a signature line has another form');
      const blob = base64(encoded, 'a signature of the checkpoint');
      need(blob.length > 4, 'a signature of the checkpoint is too short');
      return { name, keyid: hex(blob.subarray(0, 4)), signature: blob.subarray(4) };
    }),
  };
}

function decimal(value) {
  need(/^(0|[1-9][0-9]{0,15})$/.test(value) && Number.isSafeInteger(Number(value)), 'a number has another form');
  return Number(value);
}

function treeHash(value) {
  const bytes = base64(value, 'a hash of the proof');
  need(bytes.length === 32, 'a hash of the proof has the wrong length');
  return bytes;
}

function checkCheckpoint(proof, root) {
  need(proof.origin === root.logOrigin, 'the checkpoint is of another log');
  const keys = [...root.keys.values()].filter((key) => key.role === 'log' && proof.size <= key.cutoff);
  const known = new Map(keys.map(({ bytes }) => {
    const id = sha256(Buffer.from(root.logOrigin), Buffer.from([10, 1]), bytes).subarray(0, 4);
    return [hex(id), bytes];
  }));
  for (const { name, keyid, signature } of proof.signatures) {
    need(name === root.logOrigin && known.has(keyid), 'the checkpoint is not signed by a key that is known');
    need(holds(known.get(keyid), signature, Buffer.from(proof.body)), 'the checkpoint was altered');
  }
  const distinct = new Set(proof.signatures.map(({ keyid }) => keyid));
  need(distinct.size === proof.signatures.length, 'the checkpoint has two signatures of one key');
}

/** RFC 9162, section 2.1.3.2. */
function checkInclusion(entry, proof) {
  need(proof.index < proof.size, 'the log entry lies beyond the checkpoint');
  let [place, last] = [BigInt(proof.index), BigInt(proof.size - 1)];
  let node = sha256(Buffer.from([0]), entry);
  for (const sibling of proof.path) {
    need(last > 0n, 'the proof is longer than the tree is deep');
    if (place % 2n || place === last) {
      node = sha256(Buffer.from([1]), sibling, node);
      while (place && !(place % 2n)) [place, last] = [place >> 1n, last >> 1n];
    } else {
      node = sha256(Buffer.from([1]), node, sibling);
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  need(last === 0n, 'the proof is shorter than the tree is deep');
  need(node.equals(proof.root), "the proof does not lead from the log entry to the checkpoint's root");
}

function checkLogged(bundle, certificate, head, artifact, root) {
  checkCheckpoint(bundle.proof, root);
  need(certificate.log.origin === root.logOrigin, 'the certificate is of another log');
  need(certificate.log.index === bundle.proof.index, "the proof is about another entry than the certificate's");
  const event = object(parseCanonical(bundle.entry), 'the log entry');
  need(text(event, 'verb') === 'certificate.issued', 'the log entry is not about issuing a certificate');
  const details = object(member(event, 'details'), "the log entry's details");
  const said = [digest(details, 'certificate'), text(details, 'serial'), digest(details, 'artifact')];
  need(said[0] === hex(sha256(bundle.stored)), 'the log entry is about another certificate');
  need(said[1] === certificate.serial && said[2] === artifact, 'the log entry names another serial or artifact');
  checkInclusion(bundle.entry, bundle.proof);
  need(head.size !== bundle.proof.size || head.root.equals(bundle.proof.root), 'list and checkpoint show two logs');
}

// --- the status list ---

function readList(document) {
  const envelope = readEnvelope(document, LIST_TYPE, 'the status list');
  const names = ['schema', 'environment', 'verifierId', 'sequence', 'thisUpdate', 'nextUpdate', 'log', 'entries'];
  const members = closed(parseCanonical(envelope.payload), names, 'the status list');
  oneOf(members, 'schema', [STATUS_LIST]);
  const log = closed(members.log, ['origin', 'size', 'root'], "the status list's log");
  const found = {
    envelope,
    environment: oneOf(members, 'environment', ['production', 'demo']),
    verifierId: text(members, 'verifierId'),
    sequence: count(members, 'sequence'),
    thisUpdate: moment(members, 'thisUpdate'),
    nextUpdate: moment(members, 'nextUpdate'),
    log: { origin: text(log, 'origin'), size: count(log, 'size'), root: treeHash(text(log, 'root')) },
    entries: list(members, 'entries').map((entry) => {
      closed(entry, ['serial', 'sha256', 'state', 'reasonClass', 'at', 'sequence'], 'an entry of the status list');
      digest(entry, 'sha256');
      oneOf(entry, 'state', ['suspended', 'revoked', 'expired', 'superseded']);
      oneOf(entry, 'reasonClass', ['vulnerability', 'malware', 'policy', 'key_compromise', 'owner_request',
        'superseded', 'expired', 'unspecified']);
      moment(entry, 'at');
      return { serial: text(entry, 'serial'), state: entry.state, at: entry.at, sequence: count(entry, 'sequence') };
    }),
  };
  need(found.thisUpdate < found.nextUpdate, 'the status list ends before it begins');
  found.entries.forEach((entry, place) => {
    const before = found.entries[place - 1];
    need(!before || Buffer.compare(Buffer.from(before.serial), Buffer.from(entry.serial)) < 0, 'entries out of order');
    need(entry.sequence <= found.sequence, 'an entry is newer than the list');
  });
  return found;
}

function checkList(found, root) {
  const keys = new Map([...root.keys].filter(([, key]) => key.role === 'status'));
  checkSignatures(found.envelope, new Map([...keys].map(([keyid, key]) => [keyid, key.bytes])), 'the status list');
  for (const keyid of found.envelope.signatures.keys()) {
    const key = keys.get(keyid);
    need(key.cutoff === Infinity, 'the status list is signed by a key that is marked as compromised');
    need(key.validFrom <= found.thisUpdate && found.thisUpdate < key.validTo, 'its key could not sign the status list');
  }
  const own = found.environment === root.environment && found.verifierId === root.verifierId;
  need(own && found.log.origin === root.logOrigin, 'the status list is of another portal');
  return found;
}

function checkStatus(bundle, newer, certificate, root, at, leastSequence) {
  const lists = [bundle.list, ...(newer ? [readList(parseCanonical(newer))] : [])].map((each) => checkList(each, root));
  const found = lists.reduce((best, each) => (each.sequence > best.sequence ? each : best));
  const twin = lists.find((each) => each.sequence === found.sequence && each !== found);
  need(!twin || twin.envelope.payload.equals(found.envelope.payload), 'there are two status lists of one number');
  need(found.sequence >= leastSequence, 'a newer status list was seen before', 'replayed');
  const entry = found.entries.find(({ serial }) => serial === certificate.serial);
  need(!entry, `the certificate is ${entry?.state} since ${entry?.at}`, entry?.state);
  need(at < found.nextUpdate, 'the status list is stale: get a newer one', 'stale');
  return found;
}

// --- the certificate ---

function checkStatement(envelope, root, artifact, expectResource) {
  const statement = take('subject', () => {
    const found = object(parseCanonical(envelope.payload), 'the statement');
    const subjects = list(found, 'subject');
    need(subjects.length === 1, 'the certificate does not have one subject');
    const digests = object(member(object(subjects[0], 'the subject'), 'digest'), "the subject's digest");
    need(digest(digests, 'sha256') === artifact, 'the certificate is for another artifact');
    need(Object.keys(digests).length === 1, 'the subject has a digest that cannot be compared');
    return found;
  });
  const predicate = take('predicate-type', () => {
    oneOf(statement, '_type', ['https://in-toto.io/Statement/v1']);
    oneOf(statement, 'predicateType', ['https://slsa.dev/verification_summary/v1']);
    return object(member(statement, 'predicate'), 'predicate');
  });
  take('verifier', () => {
    const id = text(object(member(predicate, 'verifier'), 'verifier'), 'id');
    need(id === root.verifierId, 'the certificate names another verifier than the trust root');
  });
  take('resource', () => {
    const found = text(predicate, 'resourceUri');
    need(/^(?:pkg:[a-z][a-z0-9.+-]*\/|https?:\/\/)[!-~]+$/.test(found), 'resourceUri has another form');
    need(expectResource === undefined || found === expectResource, `the certificate is for "${found}"`);
    text(object(member(predicate, 'policy'), 'policy'), 'uri');
  });
  take('result', () => need(text(predicate, 'verificationResult') === 'PASSED', 'the verdict is not PASSED'));
  const levels = take('levels', () => {
    const found = texts(predicate, 'verifiedLevels');
    const certified = found.filter((level) => level.startsWith(LEVEL));
    const known = TIERS.map((tier) => LEVEL + tier.toUpperCase());
    need(certified.length === 1 && known.includes(certified[0]), 'verifiedLevels names no tier');
    const build = found.filter((level) => level.startsWith('SLSA_BUILD_LEVEL_'));
    need(build.length <= 1 && !found.includes('FAILED'), 'verifiedLevels contradicts itself');
    return found;
  });
  return take('certificate', () => readExtension(predicate, levels, root));
}

function readExtension(predicate, levels, root) {
  need(Object.hasOwn(predicate, EXTENSION), `the certificate lacks the extension ${EXTENSION}`);
  const extension = object(predicate[EXTENSION], "the certificate's extension");
  const plugin = object(member(extension, 'plugin'), 'plugin');
  const log = object(member(extension, 'log'), 'log');
  const certificate = {
    serial: text(extension, 'serial'),
    name: text(plugin, 'name'),
    version: text(plugin, 'version'),
    format: text(plugin, 'format'),
    tier: oneOf(extension, 'tier', TIERS),
    notBefore: moment(extension, 'notBefore'),
    notAfter: moment(extension, 'notAfter'),
    conditions: texts(extension, 'conditions'),
    capabilities: texts(extension, 'capabilities'),
    hosts: texts(extension, 'hosts'),
    policyVersion: text(extension, 'policyVersion'),
    demo: flag(extension, 'demo'),
    log: { origin: text(log, 'origin'), index: count(log, 'index') },
    issued: moment(predicate, 'timeVerified'),
  };
  for (const value of list(extension, 'advisoryFeeds')) {
    const feed = object(value, 'an advisory feed');
    text(feed, 'name');
    count(feed, 'records');
    count(feed, 'ageDays');
    flag(feed, 'demo');
  }
  need(levels.includes(LEVEL + certificate.tier.toUpperCase()), 'the tier does not agree with verifiedLevels');
  need(certificate.demo === (root.environment === 'demo'), 'demo mark and trust root do not agree');
  return certificate;
}

// --- all of it ---

function recognise(bytes, name, expected, what) {
  return take('unusable', () => {
    need(bytes.length <= LIMIT, `the ${what} is larger than ${LIMIT} bytes`);
    const document = object(parse(bytes), `the ${what}`);
    need(member(document, name) === expected, `the ${what} is no such document`);
    return document;
  });
}

function readBundle(bytes, document) {
  requireCanonical(bytes, document);
  closed(document, ['schema', 'certificate', 'logEntry', 'logProof', 'statusList', 'trustRoot'], 'the bundle');
  const certificate = readEnvelope(document.certificate, STATEMENT_TYPE, 'the certificate');
  const copy = readEnvelope(document.trustRoot, ROOT_TYPE, "the bundle's trust root");
  return {
    certificate,
    stored: Buffer.from(canonical(document.certificate)),
    entry: base64(text(document, 'logEntry'), 'the log entry'),
    proof: readProof(text(document, 'logProof')),
    list: readList(document.statusList),
    environment: readRoot(copy).environment,
    trustRoot: document.trustRoot,
  };
}

/**
 * Verify a bundle for an artifact. Gives the certificate's claims; throws Refused, naming the first step that failed.
 *
 * `artifact`, `bundle`, `trustRoot` and `statusList` (optional, may be newer than the bundle's) are Buffers. `at` is a
 * Date. Keep the `sequence` that is returned and give it as `leastSequence` next time: nobody can replay an old list.
 */
export function verify({ artifact, bundle, trustRoot, statusList, at, expectResource, leastSequence = 0 }) {
  const now = (at ?? new Date()).getTime();
  const bundleDocument = recognise(bundle, 'schema', BUNDLE, 'bundle');
  const rootDocument = recognise(trustRoot, 'payloadType', ROOT_TYPE, 'trust root');
  if (statusList) recognise(statusList, 'payloadType', LIST_TYPE, 'status list');
  const subject = hex(sha256(artifact));
  const anchor = take('trust-root', () => checkRootTime(readSignedRoot(trustRoot, rootDocument).root, now));
  const contents = take('bundle', () => readBundle(bundle, bundleDocument));
  take('environment', () => need(contents.environment === anchor.environment, 'one of the two comes from a demo'));
  const root = take('bundled-root', () => follow(anchor, contents.trustRoot, now));
  const key = take('signature', () => checkCertifier(contents, root));
  const certificate = checkStatement(contents.certificate, root, subject, expectResource);
  take('validity', () => {
    need(now >= certificate.notBefore, 'the certificate is not valid yet', 'not-yet-valid');
    need(now < certificate.notAfter, 'the certificate expired', 'expired');
    const inTime = key.validFrom <= certificate.issued && certificate.issued < key.validTo;
    need(inTime, 'the certificate was issued outside the time in which its key may sign');
  });
  const found = take('status', () => checkStatus(contents, statusList, certificate, root, now, leastSequence));
  take('inclusion', () => checkLogged(contents, certificate, found.log, subject, root));
  return { ...certificate, sequence: found.sequence };
}

function checkCertifier({ certificate, proof }, root) {
  need(certificate.signatures.size === 1, 'the certificate has more than one signature');
  const [keyid] = certificate.signatures.keys();
  const certifiers = new Map([...root.keys].filter(([, key]) => key.role === 'certifier'));
  need(certifiers.has(keyid) || !root.keys.has(keyid), 'the certificate is signed by a key of another role');
  checkSignatures(certificate, new Map([...certifiers].map(([id, key]) => [id, key.bytes])), 'the certificate');
  need(proof.index < certifiers.get(keyid).cutoff, 'the certificate is signed by a key that is marked as compromised');
  return certifiers.get(keyid);
}

/** Hand the artifact's bytes to `open` if, and only if, its certificate holds: the very bytes that were verified. */
export async function loadPlugin(files, open) {
  const artifact = Buffer.from(files.artifact);
  const certificate = verify({ ...files, artifact });
  return open(artifact, certificate);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const [trustRoot, artifact, bundle] = process.argv.slice(2).map((path) => readFileSync(path));
    if (!bundle) throw new Refused('unusable', 'usage: node plugwarden.mjs TRUST_ROOT ARTIFACT BUNDLE');
    const { name, version, tier, notAfter } = verify({ artifact, bundle, trustRoot });
    const plain = JSON.stringify(`${name} ${version}`);
    console.log(`VALID: ${plain}, certified at tier ${tier} until ${new Date(notAfter).toISOString()}`);
  } catch (error) {
    const unusable = !(error instanceof Refused) || error.step === 'unusable';
    const where = unusable ? 'UNUSABLE' : `NOT VALID at step ${error.step}`;
    console.error(`${where}: ${JSON.stringify(error.message)}`);
    process.exitCode = unusable ? 2 : 1;
  }
}
