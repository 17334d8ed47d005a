import { LinkButton } from '../components/button';
import { Card } from '../components/card';
import { Page } from '../components/page';
import { Empty } from '../components/states';
import { t } from '../texts';

export function NotFound() {
  const texts = t().notFound;
  return (
    <Page title={texts.title}>
      <Card>
        <Empty icon="search" title={texts.heading} actions={<LinkButton href="/console/">{texts.home}</LinkButton>}>{texts.detail}</Empty>
      </Card>
    </Page>
  );
}
