// Every app that can be connected: how it stands, what it is used for, and the way to connect it.

import type { Connection, Tool } from '../../api/client';
import { signIn } from '../../api/session';
import { ConnectionBadge } from '../../components/badge';
import { LinkButton } from '../../components/button';
import { Card } from '../../components/card';
import { More } from '../../components/more';
import { Page } from '../../components/page';
import { Empty, Notice, Shown } from '../../components/states';
import { When } from '../../components/time';
import { useConnections, useTools } from '../../state/queries';
import { appName, spelled } from '../../state/words';
import { t } from '../../texts';

export default function Connections() {
  const texts = t().connections;
  const connections = useConnections();
  const tools = useTools();
  const now = signIn.value;
  const keeps = now.kind !== 'in' || now.session.keepsAccounts;
  return (
    <Page title={texts.title} lead={texts.lead}>
      {!keeps && <Notice title={texts.keepersOnly} icon="person" />}
      <Shown of={connections} lines={8}>
        {(list) => list.length === 0
          ? <Card><Empty icon="link" title={texts.none}>{texts.noneDetail}</Empty></Card>
          : (
            <>
              <div class="glances">
                {[...list].sort(worstFirst).map((one) => (
                  <One key={one.connector} connection={one} tools={tools.data?.tools.filter(({ connector }) => connector === one.connector)} keeps={keeps} />
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

function One({ connection, tools, keeps }: { connection: Connection; tools: Tool[] | undefined; keeps: boolean }) {
  const texts = t().connections;
  const app = appName(connection.connector);
  const fresh = connection.status === 'not_connected';
  return (
    <Card title={app} actions={<ConnectionBadge status={connection.status} />}>
      <div class="stack">
        <p class="soft">{texts.details[connection.status]}</p>
        <dl class="facts">
          {connection.lastUsedAt && <><dt>{texts.lastUsed}</dt><dd><When at={connection.lastUsedAt} /></dd></>}
          {tools && <><dt>{texts.usedFor}</dt><dd>{texts.usedForCount(tools.length)}</dd></>}
        </dl>
        {tools && tools.length > 0 && (
          <More title={texts.whichTools}>
            <ul class="reasons small">{tools.map(({ id, writes }) => <li key={id}><a href={`/console/tools/${id}`}>{spelled(id)}</a> <span class="soft">{writes ? t().tools.writes : t().tools.reads}</span></li>)}</ul>
          </More>
        )}
        {keeps && connection.connectUrl && (
          <div class="row foot">
            <LinkButton look="primary" icon="away" href={connection.connectUrl} label={fresh ? texts.connectApp(app) : texts.reconnectApp(app)}>{fresh ? texts.connect : texts.reconnect}</LinkButton>
          </div>
        )}
      </div>
    </Card>
  );
}
