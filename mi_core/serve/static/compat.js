"use strict";
// What Swagger UI uses and Chrome 80 does not have yet.
(function () {
  function define(where, name, value) {
    if (!where[name]) {
      Object.defineProperty(where, name, { value: value, writable: true, configurable: true });
    }
  }
  function at(index) {
    const place = Math.trunc(index) || 0;
    return this[place < 0 ? this.length + place : place];
  }
  define(Array.prototype, "at", at);
  define(String.prototype, "at", at);
  define(Object, "hasOwn", function (value, name) {
    return Object.prototype.hasOwnProperty.call(value, name);
  });
  define(Array.prototype, "findLast", function (test, self) {
    for (let i = this.length - 1; i >= 0; i -= 1) {
      if (test.call(self, this[i], i, this)) {
        return this[i];
      }
    }
    return undefined;
  });
  define(String.prototype, "replaceAll", function (old, replacement) {
    return this.split(old).join(replacement);
  });
})();
