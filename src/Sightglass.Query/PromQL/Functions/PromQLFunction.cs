namespace Sightglass.Query.PromQL;

/// <summary>A function's signature.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ArgumentTypes">Types of the arguments; the last one is repeated where <paramref name="Variadic"/> says so.</param>
/// <param name="Variadic">0: exactly these arguments; n &gt; 0: the last n may be missing; -1: the last may be missing or repeated.</param>
/// <param name="ReturnType">Type of the value.</param>
/// <param name="IsExperimental">Needs <see cref="PromQLOptions.ExperimentalFunctions"/>.</param>
public sealed record PromQLFunction(string Name, IReadOnlyList<PromQLType> ArgumentTypes, int Variadic, PromQLType ReturnType, bool IsExperimental = false);
