import { Logo } from './Logo';
import classes from './Brand.module.css';

export function Brand() {
  return (
    <div className={classes.brand}>
      <Logo />
      <span className={classes.wordmark}>dstack-vmm</span>
    </div>
  );
}
