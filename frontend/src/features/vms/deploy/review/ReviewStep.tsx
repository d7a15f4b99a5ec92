import { CircleAlert } from 'lucide-react';
import { needsKey } from '../needsKey';
import { useDeploy } from '../deployContext';
import { KmsKey, type KmsKeyState } from '../environment/KmsKey';
import { ReviewFacts } from './ReviewFacts';
import { Remarks } from './Remarks';
import classes from './Review.module.css';

interface Props {
  kmsKey: KmsKeyState;
  /** Why the last try failed, or empty. */
  failure: string;
}

/** All that is about to be asked for, what it makes of the application, and what stands in the way. */
export function ReviewStep({ kmsKey, failure }: Props) {
  const { problems, notes, check, env, form, hash, host } = useDeploy();
  const sealed = needsKey(form, env, host);
  const differs =
    check.answer &&
    hash &&
    !check.isBehind &&
    check.answer.compose_hash !== '' &&
    check.answer.compose_hash !== hash;
  return (
    <>
      <Remarks title="To be mended" tone="alarm" remarks={problems} />
      <Remarks title="Worth knowing" tone="notice" remarks={notes} />
      {check.error && (
        <p className={classes.failure} role="status">
          The host could not check this: {check.error.message}
        </p>
      )}
      {differs && (
        <p className={classes.failure} role="alert">
          The host computes another compose hash than this browser ({check.answer?.compose_hash}). What it
          would run is not what you see: don’t deploy.
        </p>
      )}
      <ReviewFacts />
      {sealed && <KmsKey state={kmsKey} />}
      {failure && (
        <section className={classes.refused} aria-labelledby="refused" role="alert">
          <h2 id="refused">
            <CircleAlert size={17} aria-hidden />
            The VM was not created
          </h2>
          <p>{failure}</p>
        </section>
      )}
    </>
  );
}
