/**
 * The fault test on the real thing: three etcd members and many candidates in network namespaces,
 * faults from a recorded seed, judged by what the mains wrote alone. Knows the product from outside
 * only.
 */
package dev.lockclaim.chaos;
