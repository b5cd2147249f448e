"use strict";
// /api/docs has no inline scripts: the page names the document in data-url, and this file starts the reader.
window.addEventListener("load", function () {
  var place = document.getElementById("swagger-ui");
  window.SwaggerUIBundle({
    domNode: place,
    url: place.dataset.url || "/api/openapi.json",
    deepLinking: true,
    docExpansion: "list",
    validatorUrl: null,
  });
});
