// Every app that can be connected: how it stands, what it is used for, and the way to connect it.

import type { Connection, Tool, Workflow } from '../../api/client';
import { signIn } from '../../api/session';
import { ConnectionBadge } from '../../components/badge';
import { LinkButton } from '../../components/button';
import { Card } from '../../components/card';
import { More } from '../../components/more';
import { Page } from '../../components/page';
import { Empty, Notice, Shown } from '../../components/states';
import { When } from '../../components/time';
import { useConnections, useTools, useWorkflows } from '../../state/queries';
import { appName, spelled, useTitles } from '../../state/words';
import { t } from '../../texts';
import { list } from '../../texts/format';
import { Account } from './account';
import { Disconnect } from './disconnect';

export default function Connections() {
  const texts = t().connections;
  const connections = useConnections();
  const tools = useTools();
  const workflows = useWorkflows();
  const now = signIn.value;
  const keeps = now.kind !== 'in' || now.session.keepsAccounts;
  return (
    <Page title={texts.title} lead={texts.lead}>
      {!keeps && <Notice title={texts.keepersOnly} icon="person" />}
      <Shown of={connections} lines={8}>
        {(all) => all.length === 0
          ? <Card><Empty icon="link" title={texts.none}>{texts.noneDetail}</Empty></Card>
          : (
            <>
              <div class="glances">
                {[...all].sort(worstFirst).map((one) => (
                  <One key={one.connector} connection={one} tools={tools.data?.tools.filter(({ connector }) => connector === one.connector)} workflows={workflows.data ?? []} keeps={keeps} />
                ))}
              </div>
              <p class="soft small">{texts.live}</p>
            </>
          )}
      </Shown>
    </Page>
  );
}

const isActive = ({ status }: Connection) => Number(status === 'active');
const worstFirst = (a: Connection, b: Connection) => isActive(a) - isActive(b) || a.connector.localeCompare(b.connector);

function One({ connection, tools, workflows, keeps }: { connection: Connection; tools: Tool[] | undefined; workflows: Workflow[]; keeps: boolean }) {
  const texts = t().connections;
  const titles = useTitles();
  const uses = workflows.flatMap(({ id, uses: all }) => all.filter(({ connector }) => connector === connection.connector).map(({ scopes }) => ({ id, scopes })));
  const app = appName(connection.connector);
  const fresh = connection.status === 'not_connected';
  return (
    <Card title={app} actions={<ConnectionBadge status={connection.status} />}>
      <div class="stack">
        <p class="soft">{texts.details[connection.status]}</p>
        <dl class="facts">
          {connection.status === 'active' && <Account connector={connection.connector} />}
          {connection.lastUsedAt && <><dt>{texts.lastUsed}</dt><dd><When at={connection.lastUsedAt} /></dd></>}
          {uses.length > 0 && <><dt>{texts.usedFor}</dt><dd>{list(uses.map(({ id }) => titles(id)))}</dd></>}
          {connection.updatedAt && <><dt>{texts.changedAt}</dt><dd><When at={connection.updatedAt} /></dd></>}
        </dl>
        {((tools?.length ?? 0) > 0 || uses.length > 0) && (
          <More title={texts.scopesAndTools}>
            <div class="stack near small">
              {uses.map(({ id, scopes }) => <div key={id}><b>{titles(id)}</b>{scopes.length > 0 && <ul class="reasons">{scopes.map((scope) => <li key={scope}><code>{scope}</code></li>)}</ul>}</div>)}
              {tools && tools.length > 0 && <><b>{texts.usedForCount(tools.length)}</b><ul class="reasons">{tools.map(({ id, writes }) => <li key={id}><a href={`/console/tools/${id}`}>{spelled(id)}</a> <span class="soft">{writes ? t().tools.writes : t().tools.reads}</span></li>)}</ul></>}
            </div>
          </More>
        )}
        {keeps && (
          <div class="row foot">
            {connection.connectUrl && <LinkButton look="primary" icon="away" href={connection.connectUrl} label={fresh ? texts.connectApp(app) : texts.reconnectApp(app)}>{fresh ? texts.connect : texts.reconnect}</LinkButton>}
            {!fresh && <Disconnect connector={connection.connector} app={app} uses={uses.map(({ id }) => titles(id))} />}
          </div>
        )}
      </div>
    </Card>
  );
}
