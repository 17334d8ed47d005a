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

/** The names of workflows. */
export function useTitles(): (workflow: string) => string {
  const { data } = useWorkflows();
  return (id) => titleOf(data?.find((workflow) => workflow.id === id), id);
}

function titleOf(workflow: Workflow | undefined, id: string): string {
  const known: Record<string, string> = t().workflows;
  return known[id] ?? workflow?.title ?? spelled(id);
}
