// A file of its own, because the site's policy allows no script inside a page.
const place = document.getElementById('document');

SwaggerUIBundle({
  domNode: place,
  url: place.dataset.url,
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: false,
  // Its badge would come from another host.
  validatorUrl: null,
});
