// One look at an address: what came back, or in words why nothing did.

/** Whoever takes longer than this does not answer, for people. */
const PATIENCE_MS = 15_000;
/** More of an answer is not read: the largest document looked at, the API's description, has a tenth. */
const MOST_BYTES = 4 * 1024 * 1024;

const REASONS = {
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name cannot be looked up at the moment',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it breaks the connection off',
  UND_ERR_SOCKET: 'it breaks the connection off',
  EHOSTUNREACH: 'no way leads there',
  ENETUNREACH: 'no way leads there',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted by this machine',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted by this machine',
};

/** Whether nothing that is sent there can be read on the way: https, or this machine. */
export const isSafe = (url) => url.protocol === 'https:' || ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);

/**
 * Asks once and follows nothing. Answers `{status, headers, text, json, at}`, or `{failed}` with the
 * reason as the end of a sentence. `at` is the middle of the exchange on this machine's clock.
 */
export async function visit(url, { method = 'GET', headers, body } = {}) {
  const began = Date.now();
  try {
    const answer = await fetch(url, {
      method,
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const at = (began + Date.now()) / 2;
    const text = await beginning(answer);
    return { status: answer.status, headers: answer.headers, text, json: parsed(text), at };
  } catch (error) {
    return { failed: reasonOf(error) };
  }
}

async function beginning(answer) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_BYTES) break;
  }
  return Buffer.concat(chunks).toString();
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // a page, or nothing
  }
}

function reasonOf(error) {
  if (error.name === 'TimeoutError') return `it does not answer within ${PATIENCE_MS / 1000} seconds`;
  const code = error.cause?.code ?? error.code;
  return REASONS[code] ?? (code ? `the connection fails (${code})` : 'the connection fails');
}
