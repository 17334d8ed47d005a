// The API, typed by its own document. Every request carries the token against forgery.

import createClient from 'openapi-fetch';

import { FORGERY_HEADER } from '../early';
import { Failure } from './failure';
import { fetchOrSeen } from './seen';
import type { components, paths } from '../../generated/schema';
import { forgeryToken, sessionEnded } from './session';

export type Schemas = components['schemas'];
export type Run = Schemas['RunResponse'];
export type RunSummary = Schemas['RunSummary'];
export type RunEvent = Schemas['RunEvent'];
export type Suspension = Schemas['SuspensionView'];
export type Connection = Schemas['ConnectionView'];
export type Workflow = Schemas['WorkflowView'];
export type Tool = Schemas['ToolView'];

export const api = createClient<paths>({ baseUrl: location.origin, fetch: fetchOrSeen });

api.use({
  onRequest({ request }) {
    request.headers.set(FORGERY_HEADER, forgeryToken());
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) sessionEnded();
    return undefined;
  },
});

type Answer<T> = Promise<{ data?: T; error?: unknown; response: Response }>;

const given = <T>(answer: Answer<T>) =>
  answer.catch((thrown: unknown) => {
    throw Failure.from(thrown);
  });

/** The data of an answer; anything but success is thrown as a `Failure`. */
export async function data<T>(answer: Answer<T>): Promise<T> {
  const { data, error, response } = await given(answer);
  if (data === undefined) throw await Failure.of(response, error);
  return data;
}

/** The end of what has nothing to tell; anything but success is thrown as a `Failure`. */
export async function done(answer: Answer<unknown>): Promise<void> {
  const { error, response } = await given(answer);
  if (!response.ok) throw await Failure.of(response, error);
}
