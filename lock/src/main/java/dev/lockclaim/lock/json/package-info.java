/** The JSON of keys and marks. */
package dev.lockclaim.lock.json;
