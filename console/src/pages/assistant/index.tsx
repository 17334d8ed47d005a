// A conversation with an agent: what it says, each tool it calls as it happens, and what it asks of the
// person, to be answered where it stands.

import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';

import { api, data, type Schemas } from '../../api/client';
import { Button, LinkButton } from '../../components/button';
import { Card } from '../../components/card';
import { Select } from '../../components/fields';
import { Page } from '../../components/page';
import { About, InEnglish } from '../../components/said';
import { Empty, Failed, Notice, Shown, Waiting } from '../../components/states';
import { useThread } from '../../assistant/thread';
import { useResource } from '../../state/resource';
import { appName, spelled, useTitles } from '../../state/words';
import { t } from '../../texts';
import { MessageView } from './message';

type Agent = Schemas['AgentView'];

const KEY = 'onbehalf-thread';
/** As much as the API takes. */
const LONGEST = 8000;

export default function Assistant() {
  const texts = t().assistant;
  const agents = useResource('agents', async () => (await data(api.GET('/api/agents'))).agents);
  const { query, route } = useLocation();
  const titles = useTitles();
  const [thread, setThread] = useState(() => known(sessionStorage.getItem(KEY)));
  const agent = agents.data?.find(({ id }) => id === query['agent']) ?? agents.data?.[0];
  return (
    <Page
      title={agent ? titles(agent.id) : t().nav.assistant}
      lead={texts.lead}
      actions={
        <>
          {agents.data && agents.data.length > 1 && agent && (
            <Select label={texts.agent} unseenLabel value={agent.id} onChoose={(id) => route(`/console/assistant?agent=${id}`, true)} choices={agents.data.map(({ id }) => ({ value: id, label: titles(id) }))} />
          )}
          <Button icon="write" onPress={() => { sessionStorage.removeItem(KEY); setThread(fresh()); }}>{texts.fresh}</Button>
        </>
      }
    >
      <Shown of={agents} lines={6}>
        {() => agent ? <Talk key={`${agent.id}:${thread.id}`} agent={agent} thread={thread} /> : <Card><Empty icon="chat" title={texts.none} /></Card>}
      </Shown>
    </Page>
  );
}

interface Thread {
  id: string;
  isFresh: boolean;
}

const fresh = (): Thread => ({ id: crypto.randomUUID(), isFresh: true });
/** The conversation that this window was in; a thread begins with its first message. */
const known = (id: string | null): Thread => (id === null ? fresh() : { id, isFresh: false });

function Talk({ agent, thread }: { agent: Agent; thread: Thread }) {
  const texts = t().assistant;
  const { messages, waits, busy, loading, failure, say, answer, reload } = useThread(agent.id, thread.id, thread.isFresh);
  const [text, setText] = useState('');
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => end.current?.scrollIntoView({ block: 'nearest' }), [messages, busy]);
  const begin = (message: string) => {
    sessionStorage.setItem(KEY, thread.id);
    say(message);
  };
  const send = () => {
    // What was said before is to be there first.
    if (busy || loading || text.trim() === '') return;
    begin(text.trim());
    setText('');
  };
  return (
    <section class="card talk" aria-label={texts.conversation}>
      <div class="said" role="log" aria-live="polite" tabIndex={0} aria-label={texts.conversation}>
        {loading && <Waiting />}
        {!loading && messages.length === 0 && !failure && (
          <Empty icon="chat" title={texts.empty} actions={<Button onPress={() => begin(agent.opening)}><InEnglish>{agent.opening}</InEnglish></Button>}><About of={agent} /></Empty>
        )}
        {messages.map((message) => <MessageView key={`${message.role}:${message.id}`} message={message} agent={agent.id} onAnswer={answer} />)}
        {waits?.reason === 'connection_required' && (
          <Notice
            tone="notice"
            icon="link"
            title={t().run.connectTitle}
            actions={waits.missing?.map(({ connector, page }) => <LinkButton key={connector} small look="primary" icon="away" href={page}>{t().connections.connectApp(appName(connector))}</LinkButton>)}
          >
            {texts.goesOn}
          </Notice>
        )}
        {waits?.reason === 'approval_required' && waits.mode === 'four_eyes' && <Notice tone="notice" icon="person" title={t().approval.anotherMustDecide} />}
        {busy && !failure && <p class="soft small" role="status">{texts.thinking}</p>}
        {failure && <Failed failure={failure} retry={reload} />}
        <div ref={end} />
      </div>
      <form class="say" onSubmit={(event) => { event.preventDefault(); send(); }}>
        <label class="unseen" for="say">{texts.message}</label>
        <textarea
          id="say"
          class="input"
          rows={2}
          maxLength={LONGEST}
          placeholder={texts.message}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
              event.preventDefault();
              send();
            }
          }}
        />
        <Button type="submit" look="primary" icon="up" busy={busy} disabled={loading || text.trim() === ''}>{texts.send}</Button>
      </form>
      <p class="soft small foot-note">{texts.tools(agent.tools.filter(({ writes }) => writes).map(({ id }) => spelled(id)))}</p>
    </section>
  );
}
