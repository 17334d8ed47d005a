// What the API names, in words.

import type { Workflow } from '../api/client';
import { t } from '../texts';
import { useWorkflows } from './queries';

const CONNECTORS: Record<string, string> = { hubspot: 'HubSpot', linear: 'Linear', slack: 'Slack', zendesk: 'Zendesk' };

/** An app as people call it. */
export function appName(connector: string): string {
  return CONNECTORS[connector] ?? capital(connector);
}

/** An id made readable: `signals-and-scores` is "Signals and scores", `dueInHours` "Due in hours",
 *  `hubspot-create-task` "HubSpot create task". */
export function spelled(id: string): string {
  const [first = '', ...rest] = words(id).split(' ');
  return [CONNECTORS[first.toLowerCase()] ?? first, ...rest].join(' ');
}

function words(id: string): string {
  return capital(id.replaceAll(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`).replaceAll(/[-_]/g, ' '));
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Why a run has not done its work, in words. */
export function reasonOf(reason: string): string {
  const known: Record<string, string> = { ...t().assistant.ends, ...t().run.reasons };
  return known[reason] ?? spelled(reason);
}

/** What is missing of a run, in words: a part of its job, or an app. */
export function partOf(part: string): string {
  const known: Record<string, string> = t().run.parts;
  return known[part] ?? appName(part);
}

/** The names of workflows. */
export function useTitles(): (workflow: string) => string {
  const { data } = useWorkflows();
  return (id) => titleOf(data?.find((workflow) => workflow.id === id), id);
}

function titleOf(workflow: Workflow | undefined, id: string): string {
  const known: Record<string, string> = t().workflows;
  return known[id] ?? workflow?.title ?? spelled(id);
}
