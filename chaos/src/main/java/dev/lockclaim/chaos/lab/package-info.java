/** What the faults are done to: processes, networks, etcd. All of it is taken away in the end. */
package dev.lockclaim.chaos.lab;
