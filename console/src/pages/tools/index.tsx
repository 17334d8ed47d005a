// The tools somebody is offered, and one of them to be looked at and run.

import { useState } from 'preact/hooks';
import { useRoute } from 'preact-iso/router';

import type { Tool } from '../../api/client';
import { Badge } from '../../components/badge';
import { Card } from '../../components/card';
import { Search, Segments, Select } from '../../components/fields';
import { Page } from '../../components/page';
import { InEnglish } from '../../components/said';
import { Empty, Notice, Shown } from '../../components/states';
import { useTools } from '../../state/queries';
import { appName, spelled } from '../../state/words';
import { t } from '../../texts';
import { One } from './one';

export default function Tools() {
  const texts = t().tools;
  const tools = useTools();
  const { id } = useRoute().params;
  if (id === undefined) {
    return (
      <Page title={texts.title} lead={texts.lead}>
        {tools.data?.catalogue?.incomplete && <Notice tone="notice" title={texts.incomplete} />}
        <Card flush><Shown of={tools} lines={8}>{({ tools: list }) => <List tools={list} />}</Shown></Card>
      </Page>
    );
  }
  const tool = tools.data?.tools.find((one) => one.id === id);
  return (
    <Page title={spelled(id)} back={{ href: '/console/tools', label: texts.back }} lead={tool && <InEnglish>{tool.description}</InEnglish>}>
      <Shown of={tools} lines={6}>
        {() => tool ? <One key={id} tool={tool} /> : <Card><Empty icon="search" title={texts.notFound}>{texts.notFoundDetail}</Empty></Card>}
      </Shown>
    </Page>
  );
}

type Kind = 'all' | 'reads' | 'writes';
const ALL = 'all';

function List({ tools }: { tools: Tool[] }) {
  const texts = t().tools;
  const [search, setSearch] = useState('');
  const [kind, setKind] = useState<Kind>('all');
  const [app, setApp] = useState(ALL);
  const apps = [...new Set(tools.map(({ connector }) => connector))].sort();
  const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = tools.filter((tool) =>
    (kind === 'all' || tool.writes === (kind === 'writes')) &&
    (app === ALL || tool.connector === app) &&
    words.every((word) => `${tool.id} ${tool.description}`.toLocaleLowerCase().includes(word)));
  return (
    <>
      <div class="toolbar">
        <Search label={texts.search} value={search} onInput={setSearch} />
        <Segments label={texts.kind} value={kind} onChoose={setKind} choices={(['all', 'reads', 'writes'] as const).map((value) => ({ value, label: texts.filters[value] }))} />
        <Select label={texts.app} unseenLabel value={app} onChoose={setApp} choices={[{ value: ALL, label: texts.allApps }, ...apps.map((value) => ({ value, label: appName(value) }))]} />
        <span class="soft small" role="status">{texts.found(found.length)}</span>
      </div>
      {found.length === 0 && <Empty icon="search" title={texts.noneFound} />}
      <ul class="tools">
        {found.map((tool) => (
          <li key={tool.id}>
            <div>
              <h2><a class="plain" href={`/console/tools/${encodeURIComponent(tool.id)}`}>{spelled(tool.id)}</a></h2>
              <p class="soft small"><InEnglish>{tool.description}</InEnglish></p>
            </div>
            <span class="row">
              {tool.origin === 'catalogue' && <Badge tone="plain">{texts.catalogue}</Badge>}
              <Badge tone="plain" icon="link">{appName(tool.connector)}</Badge>
              <Badge tone={tool.writes ? 'notice' : 'calm'} icon={tool.writes ? 'write' : 'search'}>{tool.writes ? texts.writes : texts.reads}</Badge>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
