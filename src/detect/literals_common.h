/* literals_common.h - runs of four bytes that texts of Windows events are full of.
 *
 * Counted in the 18,415 texts of 9,605 public sample events: how many of the texts
 * contain the run.  Only literals.c includes this. */
#ifndef AK_DETECT_LITERALS_COMMON_H
#define AK_DETECT_LITERALS_COMMON_H

static const char EACH_25TH[] =
    "-000-001-1-5.exe0-0000-0000-000000101-5-:\\wi\\sys\\use\\winc:\\wcrosdowsem32ers\\icro"
    "indom32\\micrndowosofows\\ratirosos-1-s\\syserssoftstemsysttem3userwindws\\syste";

static const char EACH_100TH[] =
    " (wi aut cor fil ope sys win\"c:\\%%18(win,imp,md5,sha-002-05--08--100-21--5-1-5-2"
    "-5cd.dll0.0.000}00200101019-020-08000x3e10.0100019-020-02019202021-3256=2\\cm2\\sv"
    "32\\c32\\s32\\w365a3d9647f35-005-185-215abb601065ab747f7f3d9-05:\\pr:\\us\\app\\cmd\\des"
    "\\ieu\\loc\\mic\\pro\\svc\\tema256abb7admiam fappdash=ata\\atinatioatorauthb72-bb72buil"
    "c:\\pc:\\ucesschoscmd.commcorpcurid.exd96-datadentdeskdmindrivecuremp\\er\\deratersh"
    "ervieskteuseewinexe exe\"f3d9fileft cg sygramgrouha1=ha25hashhellhighhorihostices"
    "ieusiewiild.ilegilesimphing inisistrity\\ivilktopl.exlegeloadlocam fimandmd.emd5="
    "minimmanmphang snistnt aocalocesoft ograommaoperoratoritorpoost.owerows pdatpera"
    "phasporapoweppdaprivprocprogr.exr\\deram ratorityriverivirocerogrrouprporrs\\irshe"
    "rvics.exs\\iesecuser\\servsha1sha2shelsionsktost.estrastudsvcht aut cot.extempthor"
    "tingtiontop\\tratuildurituthovchoversvicevilewerswin1win7workx3e7xe\" {365{747";

static const char EACH_250TH[] =
    " /c  10: 13: 17: 20: c:\\ com pro ser%%15%%17%%44%153%154%179%183%184%441%442-0-0"
    "-01--04--1-0-10--12 -125-14 -155-25 -26 -292-346-5cc-5ce-5d0-5d4-68f-lk5-win.0.1"
    ".0.2.080.090.0\\p.1 (.1.7.160.163.177.2.1.760.com0-080-5c0.160.170.2.00.100010004"
    "0024002}004001.0010001020103010401050107010e010f0197020e021-0247025-030004-00400"
    "04st05-105-20500071308-008-2090709390\\po0a000c000d000e700x120x130x1e0x241 (w1-0-"
    "1-001-291-341.081.0\\1.7610-2100}101.109310\\i12 11200125513-113a41420153815411566"
    "160116381776179318331842184319721e-02 132-002-102021202520e721-021-121-222-0231e"
    "247c25-1255)26382\\se2\\sp2\\wb2\\wi3-003-12300031e-32-532\\n32\\r385 3a444-0044164419"
    "442345-047c94stu5 (w5-105-115-19504s56=15aa15d455of86-006.1.600.63.163857-007030"
    "713-72-172-972-a72317600763.77637\\ie7_rt7c927d898-00800)800}816585 (8cdd9-049-08"
    "907196-296-596-e9723\\adm\\bin\\bou\\com\\con\\cur\\dow\\exp\\pow\\ser\\sof\\spo\\v1."
    "\\wbe\\wmi"
    "\\xod_rtma-00a00}a13aa44-a\\loa\\xoaa13ableachcackuacmeaddrads\\advaakeoal sal\\talue"
    "ame=and andaandlangeapplare\\arteatepaudiaultbackbem\\berobin\\bousbpribugpc.exc00}"
    "c504c92-cal\\caticbprcdd9ces.chchchhackupconscontcreacripctiocurrd.16d00}d45-d94$"
    "da\\xdatedd94ddridebudfirdgewdiumdlindowne-00e.exe703e\\miebacebugec50edebedgeediu"
    "egoteimpell.ell\\eloaem\\wemenenceentpenvieownepadeprier.eer\\aerbeeresernaeroserpr"
    "ersiersoes.eesecessiessoestoesysetaketcbetvaevenexecexplf8cdft\\wftwag.exge\\agewi"
    "goldgotigprihandhchhhhanhipphklmiateicatimpein-lin10in7\\in7_inbuinfoinpwinstinte"
    "ion ion\\ipprironitypiverk5ofkeowkerbkgroklm\\kuppl\\tel\\v1ld.1les\\licalinelk5oll.e"
    "ll\\vlm\\slogolorelsasm.09m\\wmmedimentmenvmpermsedn-lkn.exn10\\n7\\in7_rnagenamenate"
    "nbuinda\\ndalndlinegonersnloanmennotenprinpwnnstanterntprnviroaddoadsoamiodihof8c"
    "oft\\oftwogonon.eonatonmeonseoolsoreporerorkgotepotiaoussowneownlowsppathperspipe"
    "plicplorpoolpplippriprovpwnapythr\\apr\\dorberre\\mreatreenrentreprrer.restriptrkgr"
    "rnalronmrprirrenrs\\xrshirsiorsonrtedrtm.s cos\\exsassscrisebasec5sedesedgseimselo"
    "seresesesesysetasetcsetvshipsonaspoospowss.essiossorstarstatsterstorswact\\wita\\l"
    "taketarttatetcbptemetepateprternthontiattm.0tooltoretpritudetvaltvertwarty\\stype"
    "typruacmudenuditugpruiltupprurrev1.0valuventverpvirowachwarewbemwin-winbwinpwnag"
    "wnerwnlowordws cws\\ewspox120xe  xe -xe /xodixploy\\syypriytho{000{002{019{5aa";

#endif
