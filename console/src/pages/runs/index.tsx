// All runs, of one workflow or of all, by how they stand.

import { useLocation } from 'preact-iso/router';

import { RunBadge } from '../../components/badge';
import { Button, LinkButton } from '../../components/button';
import { Card } from '../../components/card';
import { Segments, Select } from '../../components/fields';
import { Page } from '../../components/page';
import { Empty, Failed, Notice, Shown, Waiting } from '../../components/states';
import { Took, When } from '../../components/time';
import type { RunSummary, Schemas, Workflow } from '../../api/client';
import { useWorkflows } from '../../state/queries';
import { runPath } from '../../state/starting';
import { useTitles } from '../../state/words';
import { t } from '../../texts';
import { exact } from '../../texts/format';
import { useRuns } from './pages';

type Status = Schemas['RunStatus'];
const STATUSES = ['all', 'running', 'suspended', 'completed', 'failed', 'cancelled'] as const;
const ALL = 'all';

export default function Runs() {
  const texts = t().run;
  const workflows = useWorkflows();
  return (
    <Page title={texts.title} lead={texts.lead}>
      <Card flush>
        <Shown of={workflows} lines={8}>{(list) => <List workflows={list} />}</Shown>
      </Card>
    </Page>
  );
}

function List({ workflows }: { workflows: Workflow[] }) {
  const texts = t().run;
  const titles = useTitles();
  const { query, route } = useLocation();
  const workflow = query['workflow'] ?? ALL;
  const status = STATUSES.find((one) => one === query['status']) ?? ALL;
  const choose = (more: Record<string, string>) => {
    const wanted = Object.entries({ workflow, status, ...more }).filter(([, value]) => value !== ALL);
    const search = new URLSearchParams(wanted).toString();
    route(`/console/runs${search === '' ? '' : `?${search}`}`, true);
  };
  const asked = workflow === ALL ? workflows.map(({ id }) => id) : [workflow];
  const { runs, loading, failure, hasMore, late, loadMore, reload } = useRuns(asked, status === ALL ? undefined : (status as Status));
  return (
    <>
      <div class="toolbar">
        <Select
          label={texts.workflow}
          unseenLabel
          value={workflow}
          onChoose={(value) => choose({ workflow: value })}
          choices={[{ value: ALL, label: texts.allWorkflows }, ...workflows.map(({ id }) => ({ value: id, label: titles(id) }))]}
        />
        <Segments label={texts.status} value={status} onChoose={(value) => choose({ status: value })} choices={STATUSES.map((value) => ({ value, label: texts.filters[value] }))} />
      </div>
      {late && <div class="body-pad"><Notice tone="notice" title={texts.late(late.count)}><When at={late.since} /></Notice></div>}
      {runs.length > 0 && <Table runs={runs} titles={titles} />}
      {runs.length === 0 && (loading
        ? <Waiting lines={8} />
        : failure
          ? <Failed failure={failure} retry={reload} />
          : status === ALL && workflow === ALL
            ? <Empty icon="runs" title={texts.none} actions={<LinkButton href="/console/schedule">{t().nav.schedule}</LinkButton>}>{texts.noneDetail}</Empty>
            : <Empty icon="search" title={texts.noneFiltered} actions={<Button onPress={() => choose({ workflow: ALL, status: ALL })}>{t().onboarding.clear}</Button>} />)}
      {hasMore && <div class="tail"><Button small look="quiet" busy={loading} onPress={loadMore}>{t().states.loadMore}</Button></div>}
    </>
  );
}

function Table({ runs, titles }: { runs: RunSummary[]; titles: (id: string) => string }) {
  const texts = t().run;
  return (
    <table class="table folds">
      <caption class="unseen">{texts.title}</caption>
      <thead>
        <tr>
          <th scope="col">{texts.columns.run}</th>
          <th scope="col">{texts.columns.status}</th>
          <th scope="col">{texts.columns.started}</th>
          <th scope="col" class="end">{texts.columns.took}</th>
          <th scope="col">{texts.columns.trigger}</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.runId}>
            <td class="grow lead"><a class="plain" href={runPath(run.workflow, run.runId)} aria-label={`${titles(run.workflow)}, ${exact(run.startedAt)}`}>{titles(run.workflow)}</a></td>
            <td><RunBadge run={run} /></td>
            <td class="whole soft small"><When at={run.startedAt} as="moment" /></td>
            <td class="end soft small not-narrow">{run.queued ? '–' : <Took from={run.startedAt} to={run.endedAt} />}</td>
            <td class="soft small not-narrow">{texts.triggers[run.trigger] ?? run.trigger}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
