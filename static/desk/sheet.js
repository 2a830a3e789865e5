// The print button of the approval sheet; without script the browser's own does it.
"use strict";

const print = document.getElementById("print");
print.hidden = false;
print.addEventListener("click", () => window.print());
