// Everything that pages are made of, in every state: to be looked at when any of it is changed.

import { useState } from 'preact/hooks';

import type { Schemas } from '../../api/client';
import { Failure } from '../../api/failure';
import { AppLink } from '../../components/app_link';
import { Badge, ConnectionBadge, HealthBadge, RunBadge, type Health } from '../../components/badge';
import { Button, IconButton, LinkButton } from '../../components/button';
import { Card } from '../../components/card';
import { Json } from '../../components/code';
import { Dialog } from '../../components/dialog';
import { Check, Field, Search, Segments, Select, Switch } from '../../components/fields';
import { More } from '../../components/more';
import { Page } from '../../components/page';
import { Score } from '../../components/score';
import { Empty, Failed, Notice, Waiting } from '../../components/states';
import { say, sayFailure } from '../../components/toasts';
import { Columns } from '../../plots/columns';
import { Shares } from '../../plots/shares';
import { Spark } from '../../plots/spark';
import { t } from '../../texts';

const COLOURS = ['sunken', 'canvas', 'surface', 'hover', 'ink', 'soft', 'line', 'control', 'accent', 'accent-ground', 'good', 'good-ground', 'notice', 'notice-ground', 'bad', 'bad-ground', 'plot-good', 'plot-notice', 'plot-bad', 'plot-calm'];
const SIZES = ['3xl', '2xl', 'xl', 'l', 'm', 's', 'xs'];
const HEALTHS: Health[] = ['critical', 'at_risk', 'healthy'];
const CONNECTIONS: Schemas['ConnectionStatus'][] = ['active', 'pending_verification', 'pending_auth', 'expired', 'disconnected', 'unknown', 'not_connected'];
const RUNS: Schemas['RunStatus'][] = ['running', 'suspended', 'cancelling', 'completed', 'failed', 'cancelled'];
const SCORES = [72, 64, 66, 48, 31, 22, 35];
const health = (score: number): Health => (score < 40 ? 'critical' : score < 70 ? 'at_risk' : 'healthy');

export default function Components() {
  const texts = t().gallery;
  return (
    <Page title={texts.title} lead={texts.lead}>
      <Card title={texts.colours}>
        <ul class="palette">{COLOURS.map((name) => <li key={name}><span style={{ background: `var(--${name})` }} /><code>{name}</code></li>)}</ul>
      </Card>
      <Card title={texts.type}>
        <div class="stack near">{SIZES.map((size) => <p key={size} style={{ fontSize: `var(--text-${size})` }}>{texts.sample} {size}</p>)}</div>
      </Card>
      <Buttons />
      <Card title={texts.badges}>
        <div class="stack">
          <div class="row">{RUNS.map((status) => <RunBadge key={status} run={{ status }} />)}<RunBadge run={{ status: 'running', queued: true }} /><RunBadge run={{ status: 'completed', outcome: { kind: 'partial', missing: [] } }} /><RunBadge run={{ status: 'completed', outcome: { kind: 'failed', reason: '' } }} /></div>
          <div class="row">{CONNECTIONS.map((status) => <ConnectionBadge key={status} status={status} />)}</div>
          <div class="row">{HEALTHS.map((status) => <HealthBadge key={status} status={status} />)}<Badge tone="plain">{texts.sample}</Badge><AppLink href="https://linear.app/acme/issue/ONB-1">ONB-1</AppLink></div>
        </div>
      </Card>
      <Card title={texts.notices}>
        <div class="stack">{(['calm', 'good', 'notice', 'bad'] as const).map((tone) => <Notice key={tone} tone={tone} title={texts.sample} actions={<Button small>{texts.open}</Button>}>{texts.hint}</Notice>)}</div>
      </Card>
      <Card title={texts.states} flush>
        <div class="halves three" data-sample>
          <Waiting />
          <Empty icon="search" title={t().onboarding.noneFound} actions={<Button>{t().onboarding.clear}</Button>}>{texts.hint}</Empty>
          <Failed failure={new Failure('', { offline: true })} retry={() => {}} />
        </div>
      </Card>
      <Fields />
      <Card title={texts.plots}>
        <div class="stack">
          <Shares shares={HEALTHS.map((status, at) => ({ tone: (['bad', 'notice', 'good'] as const)[at] ?? 'good', label: t().onboarding.statuses[status], count: 12 * (at + 1) }))} />
          <div class="narrow"><Columns label={texts.sample} columns={SCORES.map((score, at) => ({ key: String(at), label: String(at + 1), parts: [{ tone: 'bad', count: 100 - score }, { tone: 'notice', count: score / 2 }, { tone: 'good', count: score }] }))} /></div>
          <div class="row">{HEALTHS.map((status, at) => <Score key={status} status={status} score={20 + at * 35} />)}<Spark label={texts.sample} points={SCORES.map((score, at) => (at === 2 ? undefined : { score, status: health(score) }))} /></div>
        </div>
      </Card>
      <Card title={texts.code}>
        <div class="stack"><Json label={texts.sample} value={{ status: 'success', count: 3 }} /><More title={texts.sample}><p>{texts.hint}</p></More></div>
      </Card>
      <Dialogs />
    </Page>
  );
}

function Buttons() {
  const texts = t().gallery;
  const looks = ['primary', 'plain', 'quiet', 'danger'] as const;
  return (
    <Card title={texts.buttons}>
      <div class="stack">
        <div class="row">{looks.map((look) => <Button key={look} look={look} icon="play">{texts.sample}</Button>)}<LinkButton href="/console/components" icon="away">{texts.sample}</LinkButton><IconButton icon="copy" label={t().states.copy} onPress={() => {}} /></div>
        <div class="row">{looks.map((look) => <Button key={look} small look={look}>{texts.sample}</Button>)}</div>
        <div class="row"><Button look="primary" icon="play" busy>{texts.busy}</Button><Button disabled>{texts.disabled}</Button></div>
      </div>
    </Card>
  );
}

function Fields() {
  const texts = t().gallery;
  const [text, setText] = useState('');
  const [on, setOn] = useState(true);
  const [choice, setChoice] = useState<'a' | 'b' | 'c'>('a');
  const choices = (['a', 'b', 'c'] as const).map((value, at) => ({ value, label: `${texts.sample} ${value}`, count: at * 12 }));
  return (
    <Card title={texts.fields}>
      <div class="halves">
        <div class="stack">
          <Field label={texts.sample} hint={texts.hint}>{(ids) => <input {...ids} type="text" value={text} onInput={(event) => setText(event.currentTarget.value)} />}</Field>
          <Field label={texts.sample} wrong={texts.wrong}>{(ids) => <input {...ids} type="text" value={text} onInput={(event) => setText(event.currentTarget.value)} />}</Field>
          <Field label={texts.sample}>{(ids) => <textarea {...ids} />}</Field>
        </div>
        <div class="stack">
          <Search label={texts.sample} value={text} onInput={setText} />
          <Select label={texts.sample} choices={choices} value={choice} onChoose={setChoice} />
          <div><Segments label={texts.sample} choices={choices} value={choice} onChoose={setChoice} /></div>
          <Switch label={texts.sample} on={on} onChange={setOn} />
          <Check label={texts.sample} on={on} onChange={setOn} />
        </div>
      </div>
    </Card>
  );
}

function Dialogs() {
  const texts = t().gallery;
  const [open, setOpen] = useState<'middle' | 'side'>();
  return (
    <Card title={texts.dialogs}>
      <div class="row">
        <Button onPress={() => setOpen('middle')}>{texts.open}</Button>
        <Button onPress={() => setOpen('side')}>{texts.side}</Button>
        <Button onPress={() => say(texts.hint)}>{texts.message}</Button>
        <Button onPress={() => sayFailure(new Failure(texts.wrong))}>{texts.failure}</Button>
      </div>
      {open && (
        <Dialog title={texts.sample} side={open === 'side'} onClose={() => setOpen(undefined)} footer={<Button look="primary" onPress={() => setOpen(undefined)}>{t().states.close}</Button>}>
          <p>{texts.hint}</p>
        </Dialog>
      )}
    </Card>
  );
}
