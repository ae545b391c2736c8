"use strict";
// What may be done about a place, in a dialog of its own. Without scripts the link shows it all the same.
(() => {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-open], [data-shut]");
    if (!link) return;
    const dialog = link.dataset.open ? document.getElementById(link.dataset.open) : link.closest("dialog");
    if (!dialog) return;
    event.preventDefault();
    if (link.dataset.open) dialog.showModal();
    else dialog.close();
  });
})();
