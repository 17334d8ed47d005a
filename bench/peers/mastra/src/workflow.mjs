// The article's Onboarding Health Agent as its readers would write it with @mastra/core: five steps
// in a `.then()` chain, zod schemas on both sides, the identifier carried from step to step, the
// pre-flight's shared state, one Zendesk and one Linear call for each customer.
//
// Where the article leaves something open it is decided in the peer's favour: runs live in Mastra's
// memory (nothing is made durable, no snapshot is written to a store), contacts come in HubSpot's
// largest pages, the window is filtered by HubSpot, answers are read once and nothing is retried.
//
// `atOnce` is how many customers are under way together. The article's loop has one, with Zendesk
// and Linear side by side. Six is the same code by somebody who thought of batching it.

import { Mastra } from '@mastra/core';
import { createStep, createWorkflow } from '@mastra/core/workflows';
import { z } from 'zod';

import { computeHealthScore, daysInStage, taskSignals, ticketSignals, windowStart } from './scoring.mjs';

const CONNECTORS = ['hubspot', 'zendesk', 'linear'];
const ENTERED = 'hs_v2_date_entered_customer';

const customer = z.object({
  id: z.string(),
  email: z.string(),
  name: z.string(),
  daysInStage: z.number(),
});
const scored = customer.extend({
  score: z.number(),
  status: z.enum(['healthy', 'at_risk', 'critical']),
  reasons: z.array(z.string()),
  stalledIssue: z.string().optional(),
});
const identified = { scalekitIdentifier: z.string() };

/** Applies `one` to each item, at most `atOnce` at a time. */
async function forEach(items, atOnce, one) {
  const results = new Array(items.length);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await one(items[index]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

/** A Mastra instance with the workflow registered. */
export function mastraWith(scalekit, atOnce) {
  const preflight = createStep({
    id: 'preflight-connector-health',
    inputSchema: z.object(identified),
    outputSchema: z.discriminatedUnion('status', [
      z.object({ status: z.literal('healthy'), ...identified }),
      z.object({ status: z.literal('connectors_required'), missing: z.array(z.string()) }),
    ]),
    stateSchema: z.object({
      connectorsVerified: z.boolean().optional(),
      verifiedAt: z.string().optional(),
    }),
    execute: async ({ inputData, state, setState }) => {
      const missing = [];
      for (const connector of CONNECTORS) {
        try {
          const accounts = await scalekit.listConnectedAccounts({
            identifier: inputData.scalekitIdentifier,
            connector,
          });
          if (!accounts.some((account) => account.status === 'ACTIVE')) missing.push(connector);
        } catch {
          missing.push(connector);
        }
      }
      if (missing.length > 0) return { status: 'connectors_required', missing };
      await setState({ ...state, connectorsVerified: true, verifiedAt: new Date().toISOString() });
      return { status: 'healthy', scalekitIdentifier: inputData.scalekitIdentifier };
    },
  });

  const contacts = createStep({
    id: 'onboarding-contacts',
    inputSchema: preflight.outputSchema,
    outputSchema: z.object({ ...identified, contacts: z.array(customer) }),
    execute: async ({ inputData, bail }) => {
      if (inputData.status !== 'healthy') return bail(inputData);
      const { scalekitIdentifier: identifier } = inputData;
      const now = Date.now();
      const found = [];
      let after;
      do {
        const page = await scalekit.executeTool({
          identifier,
          toolName: 'hubspot_contacts_search',
          toolInput: {
            filterGroups: JSON.stringify([{
              filters: [
                { propertyName: 'lifecyclestage', operator: 'EQ', value: 'customer' },
                { propertyName: ENTERED, operator: 'GTE', value: String(windowStart(now)) },
              ],
            }]),
            properties: ['email', 'firstname', 'lastname', 'company', ENTERED],
            limit: 100,
            ...(after ? { after } : {}),
          },
        });
        for (const { id, properties } of page.results) {
          found.push({
            id,
            email: properties.email,
            name: properties.company,
            daysInStage: daysInStage(properties[ENTERED], now),
          });
        }
        after = page.paging?.next?.after;
      } while (after);
      return { scalekitIdentifier: identifier, contacts: found };
    },
  });

  const signals = createStep({
    id: 'signals-and-scores',
    inputSchema: contacts.outputSchema,
    outputSchema: z.object({ ...identified, customers: z.array(scored) }),
    execute: async ({ inputData }) => {
      const { scalekitIdentifier: identifier } = inputData;
      const now = Date.now();
      // A connector that fails is neutral for this customer, as in the article.
      const neutral = () => undefined;
      const customers = await forEach(inputData.contacts, atOnce, async (contact) => {
        const domain = contact.email.split('@')[1];
        const [tickets, tasks] = await Promise.all([
          scalekit
            .executeTool({
              identifier,
              toolName: 'zendesk_search_tickets',
              toolInput: { query: `type:ticket status<solved requester:${contact.email}` },
            })
            .then((data) => ticketSignals(data.results, now))
            .catch(neutral),
          scalekit
            .executeTool({
              identifier,
              toolName: 'linear_issues_list',
              toolInput: { labels: [`customer:${domain}`], first: 50 },
            })
            .then((data) => taskSignals(data.data.issues.nodes, now))
            .catch(neutral),
        ]);
        const health = computeHealthScore({ tickets, tasks, daysInStage: contact.daysInStage });
        return { ...contact, ...health, stalledIssue: tasks?.stalled?.id };
      });
      return { scalekitIdentifier: identifier, customers };
    },
  });

  const actions = createStep({
    id: 'actions',
    inputSchema: signals.outputSchema,
    outputSchema: z.object({
      customers: z.array(scored),
      tasksCreated: z.number(),
      commentsAdded: z.number(),
      errors: z.array(z.string()),
    }),
    execute: async ({ inputData }) => {
      const { scalekitIdentifier: identifier, customers } = inputData;
      const flagged = customers.filter((one) => one.status !== 'healthy');
      const errors = [];
      let tasksCreated = 0;
      let commentsAdded = 0;
      const due = new Date(Date.now() + 86_400_000).toISOString();
      await forEach(flagged, atOnce, async (one) => {
        try {
          await scalekit.executeTool({
            identifier,
            toolName: 'hubspot_task_create',
            toolInput: {
              hs_task_subject: `${one.name} is ${one.status}: ${one.reasons[0]}`,
              hs_task_body: one.reasons.join('\n'),
              hs_timestamp: due,
              hs_task_priority: one.status === 'critical' ? 'HIGH' : 'MEDIUM',
            },
          });
          tasksCreated += 1;
          if (!one.stalledIssue) return;
          await scalekit.executeTool({
            identifier,
            toolName: 'linear_comment_create',
            toolInput: { issueId: one.stalledIssue, body: `${one.name} is ${one.status}.\n${one.reasons.join('\n')}` },
          });
          commentsAdded += 1;
        } catch (error) {
          errors.push(`${one.name}: ${error.message}`);
        }
      });
      return { customers, tasksCreated, commentsAdded, errors };
    },
  });

  const summary = createStep({
    id: 'summary',
    inputSchema: actions.outputSchema,
    outputSchema: z.object({
      customers: z.number(),
      flagged: z.number(),
      tasksCreated: z.number(),
      commentsAdded: z.number(),
      errors: z.array(z.string()),
    }),
    execute: async ({ inputData: { customers, ...rest } }) => ({
      customers: customers.length,
      flagged: customers.filter((one) => one.status !== 'healthy').length,
      ...rest,
    }),
  });

  const onboardingHealth = createWorkflow({
    id: 'onboarding-health',
    inputSchema: preflight.inputSchema,
    outputSchema: summary.outputSchema,
    stateSchema: preflight.stateSchema,
  })
    .then(preflight)
    .then(contacts)
    .then(signals)
    .then(actions)
    .then(summary)
    .commit();

  return new Mastra({ workflows: { onboardingHealth }, logger: false });
}

/** One run to its end; answers Mastra's own result. */
export async function runAs(mastra, user) {
  const run = await mastra.getWorkflow('onboardingHealth').createRun();
  const outcome = await run.start({
    inputData: { scalekitIdentifier: `user_${user}` },
    initialState: {},
  });
  return { runId: run.runId, status: outcome.status, result: outcome.result, error: outcome.error?.message };
}
