// The onboarding assistant as a reader of Mastra's documentation would write it: an agent with instructions and two
// tools, over Mastra's own client for models that speak OpenAI's dialect.
//
// What is left open is decided in the peer's favour: it has no memory, so nothing is read or stored; it has two tools to
// describe where Onbehalf's has eleven; and no tool asks anybody before it writes.

import { Agent } from '@mastra/core/agent';
import { Mastra } from '@mastra/core';
import { RequestContext } from '@mastra/core/request-context';
import { createTool } from '@mastra/core/tools';
import { z } from 'zod';

/** Under which name a request carries whose accounts are used. */
const IDENTIFIER = 'identifier';
const OPEN = { filters: [{ propertyName: 'hs_task_status', operator: 'NEQ', value: 'COMPLETED' }] };

const identified = (user) => new RequestContext([[IDENTIFIER, `user_${user}`]]);

/** The tools. `somebody` is whose accounts are used where a request says nothing. */
export function toolsWith(scalekit, somebody) {
  const who = (context) => context?.requestContext?.get(IDENTIFIER) ?? `user_${somebody}`;
  const listDueTasks = createTool({
    id: 'hubspot-list-due-tasks',
    description: 'Lists HubSpot tasks that are due and not completed.',
    inputSchema: z.object({ due_before: z.string() }),
    outputSchema: z.object({
      tasks: z.array(z.object({ id: z.string(), subject: z.string().nullish(), due: z.string().nullish() })),
    }),
    execute: async ({ due_before: dueBefore }, context) => {
      const due = { propertyName: 'hs_timestamp', operator: 'LT', value: String(Date.parse(dueBefore)) };
      const { results } = await scalekit.executeTool({
        identifier: who(context),
        toolName: 'hubspot_tasks_search',
        toolInput: {
          filterGroups: JSON.stringify([{ filters: [...OPEN.filters, due] }]),
          properties: 'hs_task_subject,hs_task_status,hs_timestamp',
          limit: 100,
        },
      });
      const task = ({ id, properties }) => ({ id, subject: properties.hs_task_subject, due: properties.hs_timestamp });
      return { tasks: results.map(task) };
    },
  });
  const createTask = createTool({
    id: 'hubspot-create-task',
    description: 'Creates a follow-up task in HubSpot.',
    inputSchema: z.object({ subject: z.string(), due: z.string() }),
    outputSchema: z.object({ task_id: z.string() }),
    execute: async ({ subject, due }, context) => {
      const { id } = await scalekit.executeTool({
        identifier: who(context),
        toolName: 'hubspot_task_create',
        toolInput: {
          hs_task_subject: subject,
          hs_timestamp: due,
          hs_task_priority: 'MEDIUM',
          hs_task_status: 'NOT_STARTED',
          hs_task_type: 'TODO',
        },
      });
      return { task_id: id };
    },
  });
  return { [listDueTasks.id]: listDueTasks, [createTask.id]: createTask };
}

/** A Mastra instance with the agent registered. */
export function mastraWith(tools, { MODEL_URL: url, MODEL_NAME: model, MODEL_KEY: apiKey, INSTRUCTIONS: instructions }) {
  const assistant = new Agent({
    id: 'onboarding-assistant',
    name: 'Onboarding assistant',
    instructions,
    model: { providerId: 'sandbox', modelId: model, url, apiKey },
    tools,
  });
  return new Mastra({ agents: { assistant }, logger: false });
}

/** One turn, as a stream of its text. */
export async function turnAs(mastra, { user, text }) {
  const output = await mastra.getAgent('assistant').stream(text, { requestContext: identified(user) });
  return output.textStream;
}

/** One call of a tool, without a model. */
export const callAs = (tools, { user, tool, input }) => tools[tool].execute(input, { requestContext: identified(user) });
