// The three things wrangler is asked for. Secrets go to its standard input and nowhere else, and
// nothing it says back is shown before they were taken out of it.

import { inRoot, npmBin, root } from '../paths.mjs';
import { capture, run } from '../processes.mjs';
import { Failure } from '../say.mjs';

/** Another wrangler than the project's own is named by this variable. */
const WRANGLER = process.env.WRANGLER ?? npmBin('wrangler');
const ENVIRONMENT = {
  WRANGLER_SEND_METRICS: 'false',
  // What it is told stands in no log of its own.
  WRANGLER_LOG_SANITIZE: 'true',
  // The project's own Node, which wrangler needs to be of a certain age.
  PATH: `${inRoot('node_modules', '.bin')}:${process.env.PATH}`,
};

export class Wrangler {
  #where;

  /** Of an environment of a configuration. */
  constructor(environment, config) {
    this.#where = ['--env', environment, '--config', config];
  }

  /** The command line of a subcommand, for people. */
  line(...words) {
    return ['npx wrangler', ...words, '--env', this.#where[1] || '""'].join(' ');
  }

  /** Names of the secrets that are there; none where there is no Worker yet. */
  async secrets() {
    const { code, out, err } = await this.#capture(['secret', 'list']);
    if (code === 0) {
      try {
        return JSON.parse(out).map((it) => it.name);
      } catch {
        throw new Failure('wrangler secret list answered something else than a list.');
      }
    }
    if (/Worker ".*".* not found/.test(`${out}${err}`)) return [];
    throw new Failure(explained(`${out}${err}`, 'wrangler cannot list the secrets that are there'));
  }

  /** Builds the Worker and deploys it; what wrangler says of it is shown. */
  async deploy() {
    await run(WRANGLER, ['deploy', ...this.#where], { cwd: root, env: ENVIRONMENT, what: 'wrangler deploy' });
  }

  /** Puts secrets, by name. */
  async put(secrets) {
    const { code, out, err } = await this.#capture(['secret', 'bulk'], JSON.stringify(secrets));
    if (code === 0) return;
    const values = Object.values(secrets);
    const said = values.reduce((text, value) => text.replaceAll(value, '…'), `${out}${err}`);
    throw new Failure(explained(said, 'wrangler could not put the secrets; nothing else has to be repeated'));
  }

  #capture(words, input) {
    return capture(WRANGLER, [...words, ...this.#where], { cwd: root, env: { ...ENVIRONMENT, NO_COLOR: '1' }, input });
  }
}

/** The first line of an error that says something, and what is mostly behind it. */
function explained(said, what) {
  if (/CLOUDFLARE_API_TOKEN|not authenticated|wrangler login|Authentication error/i.test(said)) {
    return `${what}: it is not signed in. Run npx wrangler login, or in CI set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID.`;
  }
  const lines = said.split('\n').map((it) => it.trim());
  const line = lines.find((it) => /error|✘/i.test(it)) ?? lines.find(Boolean) ?? 'it says nothing';
  return `${what}: ${line}`;
}
