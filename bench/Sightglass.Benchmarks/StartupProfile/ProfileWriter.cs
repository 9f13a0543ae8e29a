using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Sightglass.Benchmarks.StartupProfile;

/// <summary>
/// Writes the methods that a process had to compile as a profile for the compiler that compiles ahead (<c>crossgen2 --mibc</c>): an assembly whose global methods load
/// the token of each. It compiles what is referred to from code; methods of generic types that are called through an interface it finds only in a profile.
/// </summary>
internal sealed class ProfileWriter
{
    private readonly MetadataBuilder _metadata = new();
    private readonly BlobBuilder _code = new();
    private readonly SortedDictionary<string, SortedDictionary<string, EntityHandle>> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ModuleTokens> _modules = [];
    private readonly Dictionary<string, string> _folderFiles;
    private CompiledMethods _traced = new();
    private int _skipped;

    /// <summary>Reads the modules from the folder of the published server.</summary>
    public ProfileWriter(string folder)
    {
        _folderFiles = Directory.EnumerateFiles(folder, "*.dll").ToDictionary(f => Path.GetFileName(f)!, StringComparer.Ordinal);
    }

    /// <summary>Adds what one process compiled.</summary>
    public void Add(CompiledMethods traced)
    {
        _traced = traced;
        foreach (var method in traced.Methods)
        {
            try
            {
                var module = ModuleOf(method.Module);
                var (name, handle) = Reference(module, method);
                if (!_groups.TryGetValue(module.AssemblyName, out var group))
                {
                    _groups.Add(module.AssemblyName, group = new(StringComparer.Ordinal));
                }

                group.TryAdd(name, handle);
            }
            catch (Exception e) when (e is KeyNotFoundException or BadImageFormatException or InvalidOperationException)
            {
                _skipped++;
            }
        }
    }

    /// <summary>Writes the profile; how many methods are in it, and how many could not be named.</summary>
    public (int Written, int Skipped) Write(string path)
    {
        _metadata.AddModule(0, _metadata.GetOrAddString("startup.mibc"), _metadata.GetOrAddGuid(new Guid(1, 0, 0, new byte[8])), default, default);
        _metadata.AddAssembly(_metadata.GetOrAddString("startup"), new Version(0, 0, 0, 0), default, default, default, AssemblyHashAlgorithm.None);
        var bodies = new MethodBodyStreamEncoder(_code);
        var dictionary = new InstructionEncoder(new BlobBuilder());
        var methods = new List<(string Name, int Body)>();
        foreach (var (assembly, group) in _groups)
        {
            var body = new InstructionEncoder(new BlobBuilder());
            foreach (var handle in group.Values)
            {
                body.OpCode(ILOpCode.Ldtoken);
                body.Token(handle);
                body.OpCode(ILOpCode.Pop);
            }

            body.OpCode(ILOpCode.Ret);
            methods.Add(("Methods_" + assembly, bodies.AddMethodBody(body)));
            dictionary.LoadString(_metadata.GetOrAddUserString(assembly + ";"));
            dictionary.OpCode(ILOpCode.Ldtoken);
            dictionary.Token(MetadataTokens.MethodDefinitionHandle(methods.Count));
            dictionary.OpCode(ILOpCode.Pop);
        }

        dictionary.OpCode(ILOpCode.Ret);
        methods.Add(("AssemblyDictionary", bodies.AddMethodBody(dictionary)));
        var signature = new BlobBuilder();
        new BlobEncoder(signature).MethodSignature().Parameters(0, static r => r.Void(), static _ => { });
        var signatureHandle = _metadata.GetOrAddBlob(signature);
        _metadata.AddTypeDefinition(default, default, _metadata.GetOrAddString("<Module>"), default, MetadataTokens.FieldDefinitionHandle(1), MetadataTokens.MethodDefinitionHandle(1));
        foreach (var (name, body) in methods)
        {
            _metadata.AddMethodDefinition(MethodAttributes.Public | MethodAttributes.Static, MethodImplAttributes.IL, _metadata.GetOrAddString(name), signatureHandle, body, default);
        }

        var image = new BlobBuilder();
        new ManagedPEBuilder(PEHeaderBuilder.CreateLibraryHeader(), new MetadataRootBuilder(_metadata), _code, deterministicIdProvider: static _ => default).Serialize(image);
        using var file = File.Create(path);
        image.WriteContentTo(file);
        return (_groups.Sum(static g => g.Value.Count), _skipped);
    }

    private (string Name, EntityHandle Handle) Reference(ModuleTokens module, TracedMethod method)
    {
        var definition = module.Reader.GetMethodDefinition((MethodDefinitionHandle)MetadataTokens.Handle(method.Token));
        var parent = new BlobBuilder();
        var name = $"{WriteType(method.Type, parent)}::{module.Reader.GetString(definition.Name)}";
        var signature = new BlobBuilder();
        var shape = definition.DecodeSignature(new SignatureCopier(module), null);
        SignatureCopier.Write(shape, signature);
        EntityHandle handle = _metadata.AddMemberReference(
            _metadata.AddTypeSpecification(_metadata.GetOrAddBlob(parent)),
            _metadata.GetOrAddString(module.Reader.GetString(definition.Name)),
            _metadata.GetOrAddBlob(signature));
        name += Convert.ToHexString(signature.ToArray());
        if (method.Arguments.Length > 0)
        {
            var arguments = new BlobBuilder();
            arguments.WriteByte((byte)SignatureKind.MethodSpecification);
            arguments.WriteCompressedInteger(method.Arguments.Length);
            name += $"<{string.Join(',', method.Arguments.Select(a => WriteType(a, arguments)))}>";
            handle = _metadata.AddMethodSpecification(handle, _metadata.GetOrAddBlob(arguments));
        }

        return (name, handle);
    }

    private string WriteType(long id, BlobBuilder target)
    {
        var type = _traced.Types[id];
        if (type.IsArray)
        {
            if (type.Rank > 1)
            {
                throw new InvalidOperationException("arrays of several dimensions are not in the profile");
            }

            target.WriteByte((byte)SignatureTypeCode.SZArray);
            return WriteType(type.Arguments[0], target) + "[]";
        }

        var module = ModuleOf(type.Module);
        var definition = (TypeDefinitionHandle)MetadataTokens.Handle(type.Token);
        if (type.Arguments.Length > 0)
        {
            target.WriteByte((byte)SignatureTypeCode.GenericTypeInstance);
        }

        target.WriteByte((byte)(module.IsValueType(definition) ? SignatureTypeKind.ValueType : SignatureTypeKind.Class));
        target.WriteCompressedInteger(CodedIndex.TypeDefOrRefOrSpec(module.Import(definition)));
        var name = module.NameOf(definition);
        if (type.Arguments.Length > 0)
        {
            target.WriteCompressedInteger(type.Arguments.Length);
            name += $"<{string.Join(',', type.Arguments.Select(a => WriteType(a, target)))}>";
        }

        return name;
    }

    private ModuleTokens ModuleOf(long id)
    {
        var file = Path.GetFileName(_traced.Modules[id]);
        if (!_modules.TryGetValue(file, out var module))
        {
            _modules.Add(file, module = new ModuleTokens(_folderFiles[file], _metadata));
        }

        return module;
    }
}
