import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link, useRouter } from '@tanstack/react-router';
import { FileUp, Rocket } from 'lucide-react';
import { useState } from 'react';
import type { NodeInfo } from '@/api/vm';
import { FormError } from '@/components/ui/FormError';
import { useImages } from '@/live/useLive';
import { demoImage } from './demoRequest';
import { deployDemo } from './deployDemo';
import classes from './FirstSteps.module.css';

/** Two ways to a first VM: one that is made by a click, and one's own. */
export function FirstSteps({ node }: { node: NodeInfo }) {
  return (
    <div className={classes.cards}>
      <Demo node={node} />
      <section className={classes.card} aria-labelledby="own-title">
        <FileUp size={20} aria-hidden />
        <h3 id="own-title">Deploy your own</h3>
        <p>
          Drop a docker-compose.yml, choose image and size, and see everything checked before it is created.
        </p>
        <Button variant="default" renderRoot={(props) => <Link to="/deploy" {...props} />}>
          Deploy your own
        </Button>
      </section>
    </div>
  );
}

function Demo({ node }: { node: NodeInfo }) {
  const images = useImages();
  const image = images ? demoImage(images) : undefined;
  const { deploy, busy, error } = useDemo();
  return (
    <section className={classes.card} aria-labelledby="demo-title">
      <Rocket size={20} aria-hidden />
      <h3 id="demo-title">Deploy the demo</h3>
      <p>
        A small web server in a VM of 1 vCPU and 512 MB, made by one click. You watch it boot, open its page,
        read its log, and remove it again.
      </p>
      {images && !image ? (
        <p className={classes.missing}>
          Its image isn’t on this host: <code>python manage.py demo_image</code> builds it.
        </p>
      ) : (
        <Button loading={busy} disabled={!image} onClick={() => image && deploy(image, node.port_rules)}>
          Deploy the demo
        </Button>
      )}
      <FormError error={error} />
    </section>
  );
}

function useDemo() {
  const router = useRouter();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<Error | null>(null);

  const deploy = (...given: [Parameters<typeof deployDemo>[0], Parameters<typeof deployDemo>[1]]): void => {
    setBusy(true);
    setError(null);
    deployDemo(...given, sayStartFailed).then(
      // The list has taken this page's place by now: the VM is on it.
      (id) => void router.navigate({ to: '/vms/$id/overview', params: { id } }),
      (reason: unknown) => {
        setBusy(false);
        setError(reason instanceof Error ? reason : new Error(String(reason)));
      },
    );
  };
  return { deploy, busy, error };
}

function sayStartFailed(error: unknown): void {
  notifications.show({
    title: 'The demo could not be started',
    message: error instanceof Error ? error.message : String(error),
    color: 'red',
    autoClose: false,
  });
}
