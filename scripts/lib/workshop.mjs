// The Worker of `npm start`: up behind a door, and with `follow` rebuilt after every change of its
// sources. While it is being built the door says so; a change that does not compile leaves the
// Worker as it was, and one that answers no more is started anew.

import { LOCAL, bindWorker, compileWorker } from './build.mjs';
import { Door } from './door.mjs';
import { end, freePort } from './processes.mjs';
import { Failure, bold, dim, green, red, say, yellow } from './say.mjs';
import { renewWorker, startWorker } from './stack.mjs';

/** Between two looks whether the Worker answers, in milliseconds. */
const LOOK_EVERY_MS = 3000;
/** As long as this it may be too busy to, … */
const PATIENCE_MS = 5000;
/** … and so often in a row. */
const SILENT_LOOKS = 2;

export class Workshop {
  #door = new Door();
  /** Resolves once nobody is at the Worker: it is built, or started again, by one at a time. */
  #free = Promise.resolve();
  #options;
  #sandbox;
  #worker;
  #failed;
  /** Rejects when the Worker ends by itself. */
  failure = new Promise((_, reject) => (this.#failed = reject));

  /** Starts the Worker that was built last; it is found at `port`. */
  static async open(sandbox, { port, state, log, limits, issuer, build = LOCAL }) {
    const workshop = new Workshop();
    workshop.#sandbox = sandbox;
    workshop.url = `http://localhost:${port}`;
    workshop.#options = { state, log, limits, issuer, publicUrl: workshop.url, build };
    workshop.failure.catch(() => {}); // whoever waits for it hears of it
    await workshop.#door.open(port);
    await workshop.#start();
    workshop.#attend().catch(workshop.#failed);
    return workshop;
  }

  async #start({ append = false } = {}) {
    const worker = await startWorker(this.#sandbox, { ...this.#options, append, renewable: true, port: await freePort() });
    this.#worker = worker;
    worker.child.once('exit', (code) => {
      if (this.#worker === worker) this.#failed(new Failure(`The Worker ended by itself (exit code ${code}).`));
    });
    this.#door.leadTo(worker.port);
  }

  /** Puts a new Worker in the place of the one there is. */
  async #replace() {
    const before = this.#worker;
    this.#worker = undefined;
    await end(before.child);
    await this.#start({ append: true });
  }

  /** Has the Worker take in what was built; one that cannot is replaced. */
  async #takeIn() {
    try {
      await renewWorker(this.#worker);
      this.#door.leadTo(this.#worker.port);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      await this.#replace();
    }
  }

  /** Does something with the Worker while nobody else does. */
  #alone(act) {
    const acted = this.#free.then(act);
    this.#free = acted.catch(() => {}); // whoever asked for it hears of it
    return acted;
  }

  /** Looks whether the Worker answers. A runtime that was killed is begun anew by wrangler, which then leads
   *  nobody to it. */
  async #attend() {
    let silent = 0;
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS).unref());
      const worker = this.#worker;
      if (!worker) continue;
      silent = this.#door.isShut || (await answers(worker)) ? 0 : silent + 1;
      if (silent < SILENT_LOOKS) continue;
      silent = 0;
      await this.#alone(() => this.#worker === worker && this.#again());
    }
  }

  async #again() {
    this.#door.shut();
    say(`\n${yellow('The Worker does not answer.')} ${dim('Starting it again; what it was at goes on.')}`);
    await this.#replace();
    say(green('It does again.'));
  }

  /** Builds and starts anew after every change, until the process ends. */
  async follow(changes) {
    for (;;) {
      await changes.next();
      await this.#alone(() => this.#renew());
    }
  }

  async #renew() {
    const began = Date.now();
    this.#door.shut();
    say(`\n${yellow('Changed.')} ${dim('Building; meanwhile requests are answered 503.')}`);
    let warnings;
    try {
      warnings = await compileWorker(this.#options.build, { onlyMessages: true });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // The compiler's own words stand above.
      this.#door.leadTo(this.#worker.port);
      say(`${red('It does not compile.')} The Worker from before this change goes on.`);
      return;
    }
    if (warnings) process.stderr.write(warnings);
    await bindWorker(this.#options.build);
    await this.#takeIn();
    say(`${green('Ready')} after ${bold(`${((Date.now() - began) / 1000).toFixed(1)} s`)}.`);
  }

  close() {
    this.#door.close();
  }
}

async function answers({ port }) {
  try {
    await fetch(`http://localhost:${port}/health`, { signal: AbortSignal.timeout(PATIENCE_MS) }).then((answer) => answer.text());
    return true;
  } catch {
    return false;
  }
}
