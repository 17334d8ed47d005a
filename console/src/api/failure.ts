// What went wrong, as a value: a problem of the API (RFC 9457), or no answer at all.

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  [more: string]: unknown;
}

export class Failure extends Error {
  readonly problem: Problem | undefined;
  /** Nobody answered: there is no network, or the service is gone. */
  readonly offline: boolean;
  /** Seconds after which it may be tried again, where that was said. */
  readonly retryAfter: number | undefined;

  constructor(message: string, more: { problem?: Problem; offline?: boolean; retryAfter?: number } = {}) {
    super(message);
    this.problem = more.problem;
    this.offline = more.offline ?? false;
    this.retryAfter = more.retryAfter;
  }

  /** From an answer that is none of success. */
  static async of(answer: Response, body?: unknown): Promise<Failure> {
    const problem = isProblem(body) ? body : await answer.json().then(problemOrNone, () => undefined);
    const seconds = Number(answer.headers.get('retry-after'));
    return new Failure(problem?.detail ?? `${answer.status} ${answer.statusText}`, {
      ...(problem ? { problem } : {}),
      ...(seconds > 0 ? { retryAfter: seconds } : {}),
    });
  }

  /** From whatever was thrown. */
  static from(error: unknown): Failure {
    if (error instanceof Failure) return error;
    if (error instanceof TypeError) return new Failure(error.message, { offline: true });
    return new Failure(error instanceof Error ? error.message : String(error));
  }

  get status(): number | undefined {
    return this.problem?.status;
  }

  /** The kind of problem, without what all kinds begin with. */
  get kind(): string | undefined {
    return this.problem?.type.replace('urn:onbehalf:problem:', '');
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'type' in value && 'detail' in value && 'title' in value;
}

const problemOrNone = (value: unknown) => (isProblem(value) ? value : undefined);
