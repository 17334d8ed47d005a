// The Worker of `npm start`: up behind a door, and with `follow` rebuilt after every change of its
// sources. While it is being built the door says so; a change that does not compile leaves the
// Worker as it was.

import { LOCAL, bindWorker, compileWorker } from './build.mjs';
import { Door } from './door.mjs';
import { end, freePort } from './processes.mjs';
import { Failure, bold, dim, green, red, say, yellow } from './say.mjs';
import { startWorker } from './stack.mjs';

export class Workshop {
  #door = new Door();
  #options;
  #sandbox;
  #worker;
  #failed;
  /** Rejects when the Worker ends by itself. */
  failure = new Promise((_, reject) => (this.#failed = reject));

  /** Starts the Worker that was built last; it is found at `port`. */
  static async open(sandbox, { port, state, log, limits, issuer }) {
    const workshop = new Workshop();
    workshop.#sandbox = sandbox;
    workshop.url = `http://localhost:${port}`;
    workshop.#options = { state, log, limits, issuer, publicUrl: workshop.url, build: LOCAL };
    workshop.failure.catch(() => {}); // whoever waits for it hears of it
    await workshop.#door.open(port);
    await workshop.#start();
    return workshop;
  }

  async #start({ append = false } = {}) {
    const worker = await startWorker(this.#sandbox, { ...this.#options, append, port: await freePort() });
    this.#worker = worker;
    worker.child.once('exit', (code) => {
      if (this.#worker === worker) this.#failed(new Failure(`The Worker ended by itself (exit code ${code}).`));
    });
    this.#door.leadTo(worker.port);
  }

  /** Builds and starts anew after every change, until the process ends. */
  async follow(changes) {
    for (;;) {
      await changes.next();
      await this.#renew();
    }
  }

  async #renew() {
    const began = Date.now();
    this.#door.shut();
    say(`\n${yellow('Changed.')} ${dim('Building; meanwhile requests are answered 503.')}`);
    let warnings;
    try {
      warnings = await compileWorker(LOCAL, { onlyMessages: true });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // The compiler's own words stand above.
      this.#door.leadTo(this.#worker.port);
      say(`${red('It does not compile.')} The Worker from before this change goes on.`);
      return;
    }
    if (warnings) process.stderr.write(warnings);
    const before = this.#worker;
    this.#worker = undefined;
    await Promise.all([end(before.child), bindWorker(LOCAL)]);
    await this.#start({ append: true });
    say(`${green('Ready')} after ${bold(`${((Date.now() - began) / 1000).toFixed(1)} s`)}.`);
  }

  close() {
    this.#door.close();
  }
}
