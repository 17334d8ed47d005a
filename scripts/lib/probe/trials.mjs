// What no document settles, as one trial each: what is asked, of which app, and what it teaches.
//
// A trial answers `{learned, settings?}` or throws. It writes only to records that it made itself,
// and takes them back whatever happens in between.

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { codesOf } from '../scalekit.mjs';

/** How long the search index is watched for a new task. HubSpot speaks of "a few moments". */
const INDEX_PATIENCE_MS = 120_000;
/** A setting may be as much as twice what was seen, since one look is no law. */
const SAFETY = 2;
/** Least and most that `reconcileAfterSeconds` takes. */
const RECONCILE_SECONDS = [1, 600];

/** What each app is asked about the account that is connected, and where its answer says it. */
const ACCOUNTS = [
  ['hubspot', 'hubspot_account_details_get', {}, (data) => data.portalId && data],
  ['linear', 'linear_viewer_get', {}, (data) => (data.data ?? data).viewer],
  ['slack', 'slack_auth_test', {}, (data) => data.ok && data],
  ['zendesk', 'zendesk_groups_list', { page: 1, per_page: 1 }, (data) => data.groups?.[0]],
];

/** The trials, in the order they are run. `needs` names settings without which one is left out. */
export const TRIALS = [
  {
    id: 'accounts',
    question: 'Which connections does the user have, and of what kind?',
    async run(env) {
      const answer = await env.get(
        `/api/v1/connected_accounts?identifier=${encodeURIComponent(env.identifier)}&page_size=99`,
      );
      const accounts = answer.body?.connected_accounts;
      if (!Array.isArray(accounts)) throw new Error(`the list answered ${answer.status}`);
      const kinds = Object.fromEntries(accounts.map((it) => [it.connector, it.authorization_type ?? 'unknown']));
      return { learned: accounts.map((it) => `${it.connector}: ${it.authorization_type}, ${it.status}`).join('; ') || 'none', kinds };
    },
  },
  {
    id: 'missing-account',
    question: 'What does a call for somebody who connected nothing answer?',
    async run(env) {
      const answer = await env.tool('hubspot', 'hubspot_account_details_get', {}, `probe-${randomUUID()}`);
      return { learned: words(answer) };
    },
  },
  {
    id: 'unknown-tool',
    question: 'What does a tool that does not exist answer?',
    async run(env) {
      return { learned: words(await env.tool('hubspot', 'hubspot_no_such_tool', {})) };
    },
  },
  {
    id: 'scoped-tools',
    question: 'What does the list of tools say, with and without a filter, and of somebody unknown?',
    async run(env) {
      const list = (identifier, filter) =>
        env.get(`/api/v1/tools/scoped?identifier=${encodeURIComponent(identifier)}&page_size=100${filter}`);
      const named = `&filter.connection_names=${encodeURIComponent(env.connection('hubspot'))}`;
      const own = await list(env.identifier, named);
      const tools = own.body?.tools;
      if (!Array.isArray(tools)) throw new Error(words(own));
      const unfiltered = await list(env.identifier, '');
      const nobody = await list(`probe-${randomUUID()}`, named);
      const members = Object.keys(tools[0]?.tool?.definition ?? {}).sort().join(', ');
      const page = `${tools.length} of ${own.body.total_size} tools on a page of a hundred, each with ${members}`;
      return { learned: `${page}; without a filter ${unfiltered.status}; for somebody unknown ${nobody.status}` };
    },
  },
  {
    id: 'app-refuses',
    question: "How does an app's own 4xx arrive?",
    async run(env) {
      const answer = await env.tool('hubspot', 'hubspot_task_get', { task_id: '1' });
      const kept = answer.status >= 400 && answer.status < 500;
      return { learned: `${words(answer)}: ${kept ? 'the status is kept' : 'the status is not kept'}` };
    },
  },
  {
    id: 'portal',
    question: 'Does HubSpot say which portal it is?',
    async run(env) {
      const answer = await env.tool('hubspot', 'hubspot_account_details_get', {});
      const portal = answer.data?.portalId;
      return { learned: portal === undefined ? `no (${words(answer)})` : `yes, portal ${portal}` };
    },
  },
  {
    id: 'accounts-told',
    question: 'What does each app say of the account that is connected? Names of members alone.',
    async run(env) {
      const told = [];
      for (const [app, tool, params, at] of ACCOUNTS) {
        const answer = await env.tool(app, tool, params);
        const said = at(answer.data ?? {});
        told.push(`${app}: ${said ? Object.keys(said).sort().join(', ') : words(answer)}`);
      }
      return { learned: told.join('; ') };
    },
  },
  {
    id: 'owner',
    question: 'Is the user an owner in HubSpot, by e-mail?',
    needs: ['PROBE_EMAIL'],
    async run(env) {
      const answer = await env.tool('hubspot', 'hubspot_owners_list', { email: env.settings.PROBE_EMAIL });
      const owners = answer.data?.results;
      if (!Array.isArray(owners)) throw new Error(words(answer));
      return { learned: `${owners.length} ${owners.length === 1 ? 'owner' : 'owners'} with this address` };
    },
  },
  {
    id: 'index-lag',
    question: 'How long does the search index hide a new task, and does the list show it at once?',
    writes: true,
    async run(env) {
      const reference = `probe-${randomUUID()}`;
      return withTask(env, reference, async (id) => {
        const listed = await inList(env, id);
        const began = Date.now();
        let found = 0;
        while (found === 0 && Date.now() - began < INDEX_PATIENCE_MS) {
          found = await searched(env, reference);
          if (found === 0) await pause(500);
        }
        const seconds = Math.ceil((Date.now() - began) / 1000);
        if (found === 0) {
          return { learned: `not found within ${INDEX_PATIENCE_MS / 1000} s; the list ${listed ? 'shows' : 'does not show'} it at once` };
        }
        const [least, most] = RECONCILE_SECONDS;
        const wanted = Math.min(most, Math.max(least, seconds * SAFETY));
        return {
          learned: `hidden for ${seconds} s; the list ${listed ? 'shows' : 'does not show'} it at once; found ${found} ${found === 1 ? 'time' : 'times'}`,
          settings: { ONBOARDING: { reconcileAfterSeconds: wanted } },
        };
      });
    },
  },
  {
    id: 'task-owner',
    question: 'Can a task be given an owner after it was created?',
    needs: ['PROBE_EMAIL'],
    writes: true,
    async run(env) {
      const owners = await env.tool('hubspot', 'hubspot_owners_list', { email: env.settings.PROBE_EMAIL });
      const owner = owners.data?.results?.[0]?.id;
      if (owner === undefined) throw new Error('there is no owner with PROBE_EMAIL');
      return withTask(env, `probe-${randomUUID()}`, async (id) => {
        const answer = await env.tool('hubspot', 'hubspot_task_update', {
          task_id: id,
          properties: { hubspot_owner_id: String(owner) },
        });
        return { learned: answer.status === 200 ? 'yes' : `no (${words(answer)})` };
      });
    },
  },
  {
    id: 'comment-id',
    question: 'Does Linear refuse a second comment with the same id?',
    needs: ['PROBE_LINEAR_ISSUE'],
    writes: true,
    async run(env) {
      const id = randomUUID();
      const comment = () =>
        env.tool('linear', 'linear_graphql_query', {
          query: 'mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success comment { id } } }',
          variables: { input: { id, issueId: env.settings.PROBE_LINEAR_ISSUE, body: 'A trial; it is taken back at once.' } },
        });
      try {
        const first = await comment();
        if (first.status !== 200) throw new Error(words(first));
        const second = await comment();
        return { learned: `the second answers ${words(second)}` };
      } finally {
        await env.tool('linear', 'linear_comment_delete', { commentId: id }).catch(() => undefined);
      }
    },
  },
  {
    id: 'identifier-length',
    question: 'How long may an identifier be in a magic link?',
    async run(env) {
      const link = (length) =>
        env.post('/api/v1/connected_accounts/magic_link', {
          connector: env.connection('hubspot'),
          identifier: 'p'.repeat(length),
          state: randomUUID(),
          user_verify_url: 'https://probe.invalid/connect/callback',
        });
      const [fits, over] = [await link(100), await link(101)];
      return { learned: `100 characters answer ${fits.status}, 101 answer ${over.status}` };
    },
  },
  {
    id: 'rate-limit',
    question: 'Whose limit is met first, and does Retry-After arrive?',
    needs: ['PROBE_RATE_LIMIT'],
    async run(env) {
      /** Twice what HubSpot allows in a second: enough to be refused, too little to be a nuisance. */
      const SEARCHES = 12;
      const answers = await Promise.all(
        Array.from({ length: SEARCHES }, () => env.tool('hubspot', 'hubspot_contacts_search', { limit: 1 })),
      );
      const refused = answers.find((it) => codesOf(it).status === 429 || /rate/i.test(codesOf(it).errorCode ?? ''));
      const failed = answers.find((it) => it.status !== 200);
      if (!refused && failed) throw new Error(words(failed));
      if (!refused) return { learned: `${SEARCHES} searches at once were all answered` };
      const after = refused.headers.get('retry-after');
      return { learned: `${words(refused)}; Retry-After ${after === null ? 'does not arrive' : `arrives (${after})`}` };
    },
  },
];

/** Status and codes of an answer, in one line. */
function words(answer) {
  const { status, errorCode, toolErrorCode } = codesOf(answer);
  const inside = answer.data?.errors?.[0]?.extensions?.code ?? answer.data?.error;
  return [status, errorCode, toolErrorCode, inside && `inside the data: ${inside}`].filter(Boolean).join(' ');
}

/** Makes a task, lets `use` work with it, and deletes it whatever happened. */
async function withTask(env, reference, use) {
  const made = await env.tool('hubspot', 'hubspot_task_create', {
    hs_task_subject: `A trial; it is deleted at once (${reference})`,
    hs_task_body: reference,
    hs_timestamp: new Date().toISOString(),
  });
  const id = made.data?.id;
  if (id === undefined) throw new Error(`the task could not be made: ${words(made)}`);
  try {
    return await use(String(id));
  } finally {
    await env.tool('hubspot', 'hubspot_task_delete', { task_id: String(id) }).catch(() => undefined);
  }
}

async function inList(env, id) {
  for (let after; ; ) {
    const page = await env.tool('hubspot', 'hubspot_tasks_list', { limit: 100, ...(after ? { after } : {}) });
    const results = page.data?.results;
    if (!Array.isArray(results)) return false;
    if (results.some((task) => String(task.id) === id)) return true;
    after = page.data.paging?.next?.after;
    if (!after) return false;
  }
}

async function searched(env, reference) {
  const answer = await env.tool('hubspot', 'hubspot_tasks_search', {
    filterGroups: JSON.stringify([{ filters: [{ propertyName: 'hs_task_body', operator: 'CONTAINS_TOKEN', value: reference }] }]),
    limit: 10,
  });
  return answer.data?.results?.length ?? 0;
}
