import { templates } from '../templates';
import { useTemplate } from './useTemplate';
import classes from './Templates.module.css';

/** Files to begin with, as long as nothing is written. */
export function Templates() {
  const choose = useTemplate();
  return (
    <ul className={classes.templates} aria-label="Templates">
      {templates.map((template) => (
        <li key={template.name}>
          <button type="button" className={classes.template} onClick={() => choose(template)}>
            <strong>{template.title}</strong>
            <span>{template.text}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
