// The Worker of `npm start`: up behind a door, and with `follow` rebuilt after every change of its
// sources. While it is being built the door says so; a change that does not compile leaves the
// Worker as it was, and one that answers no more is started anew. What the Worker says of itself is
// looked for once the change is up, and is built into it where it is something new.

import { LOCAL, describeWorker, rebindWorker, recompileWorker } from './build.mjs';
import { Door } from './door.mjs';
import { Unhealthy, end, freePort } from './processes.mjs';
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
  /** Ends the look for what the Worker says of itself. */
  #describing;
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
    try {
      await workshop.#start();
    } catch (error) {
      workshop.close(); // an open door would keep the process
      throw error;
    }
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

  /** Has the Worker take in what was built, and says so. One that cannot is replaced; one that takes it in and
   *  then refuses to work answers for itself until the next change. */
  async #takeIn(ready) {
    try {
      await renewWorker(this.#worker);
    } catch (error) {
      if (error instanceof Unhealthy) {
        this.#door.leadTo(this.#worker.port);
        say(red(error.message));
        return;
      }
      if (!(error instanceof Failure)) throw error;
      await this.#replace();
    }
    this.#door.leadTo(this.#worker.port);
    say(ready());
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
      this.#describing?.abort();
      const isUp = await this.#alone(() => this.#renew());
      if (!isUp) continue;
      this.#describing = new AbortController();
      this.#describe(this.#describing.signal).catch(this.#failed);
    }
  }

  /** Whether the change is up. */
  async #renew() {
    const began = Date.now();
    this.#door.shut();
    say(`\n${yellow('Changed.')} ${dim('Building; meanwhile requests are answered 503.')}`);
    let warnings;
    try {
      warnings = await recompileWorker(this.#options.build);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // The compiler's own words stand above.
      this.#door.leadTo(this.#worker.port);
      say(`${red('It does not compile.')} The Worker from before this change goes on.`);
      return false;
    }
    if (warnings) process.stderr.write(warnings);
    await rebindWorker(this.#options.build);
    await this.#takeIn(() => `${green('Ready')} after ${bold(secondsSince(began))}.`);
    return true;
  }

  /** Has the Worker say of itself what is true after a change, unless the next one is there before. */
  async #describe(signal) {
    const { build } = this.#options;
    try {
      if (!(await describeWorker(build, { signal }))) return;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      if (signal.aborted) return;
      say(`${red('It cannot be described')}, for the reason above, so it could not be deployed. The Worker says of itself what it said before.`);
      return;
    }
    await this.#alone(async () => {
      if (signal.aborted) return; // the change that is waiting takes it in
      const began = Date.now();
      try {
        await recompileWorker(build);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        return; // a change that does not compile was saved meanwhile, and is next
      }
      await rebindWorker(build);
      this.#door.shut();
      await this.#takeIn(() => `Its tools, workflows or API are described otherwise now: ${green('up')} after ${secondsSince(began)} more.`);
    });
  }

  close() {
    this.#door.close();
  }
}

const secondsSince = (began) => `${((Date.now() - began) / 1000).toFixed(1)} s`;

async function answers({ port }) {
  try {
    await fetch(`http://localhost:${port}/health`, { signal: AbortSignal.timeout(PATIENCE_MS) }).then((answer) => answer.text());
    return true;
  } catch {
    return false;
  }
}
